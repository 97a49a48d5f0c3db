import Foundation

/// The target graph as `Package.swift` writes it: which module may import which.
///
/// The build checks the same with SwiftPM's own import check; this one also knows the rules that SwiftPM does not have.
struct Manifest {
  /// Target name -> names of the modules it declares as dependencies.
  let dependencies: [String: Set<String>]

  /// Modules of the toolchain that any target may import.
  static let toolchainModules: Set<String> = [
    "Dispatch", "Foundation", "FoundationEssentials", "FoundationNetworking", "FoundationXML", "Glibc",
    "Synchronization",
  ]
  /// A product that vends more modules than the one it is named after.
  static let modulesOfProduct = ["Collections": ["Collections", "DequeModule", "HeapModule", "OrderedCollections"]]

  init(manifest text: String) {
    var products: [String: String] = [:]
    for match in text.matches(of: /let (\w+) = Target\.Dependency\.product\(name: "(\w+)"/) {
      products[String(match.1)] = String(match.2)
    }
    var dependencies: [String: Set<String>] = [:]
    let starts = text.matches(of: /\.(?:target|executableTarget|testTarget|systemLibrary)\(\s*name: "([\w-]+)"/)
    for (number, start) in starts.enumerated() {
      let end = number + 1 < starts.count ? starts[number + 1].range.lowerBound : text.endIndex
      let body = text[start.range.upperBound..<end]
      var names: Set<String> = []
      if let list = body.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.1 {
        for item in list.split(separator: ",") {
          let word = item.trimmingCharacters(in: .whitespacesAndNewlines)
          let name = word.hasPrefix("\"") ? word.trimmingCharacters(in: ["\""]) : products[word] ?? word
          names.formUnion(Self.modulesOfProduct[name] ?? [name])
        }
      }
      dependencies[String(start.1)] = names.subtracting([""])
    }
    self.dependencies = dependencies
  }
}
