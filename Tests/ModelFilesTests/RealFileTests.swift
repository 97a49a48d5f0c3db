import Foundation
import ModelFiles
import Tensors
import Testing

/// Whole real models against the gguf package. Runs where `PERSRM_TEST_GGUF` names a file and
/// `PERSRM_TEST_GGUF_CHECKSUMS` what `Scripts/golden/tensor_checksums.py` printed for it.
@Suite struct RealFileTests {
  private static let model = ProcessInfo.processInfo.environment["PERSRM_TEST_GGUF"]
  private static let checksums = ProcessInfo.processInfo.environment["PERSRM_TEST_GGUF_CHECKSUMS"]

  @Test(.enabled(if: model != nil && checksums != nil))
  func everyTensorHasTheReferencesChecksum() throws {
    let checkpoint = try ModelCheckpoint.open(path: #require(Self.model))
    let recorded = try String(contentsOfFile: #require(Self.checksums), encoding: .utf8)
    var compared: [String: Int] = [:]
    for line in recorded.split(separator: "\n") {
      let fields = line.split(separator: " ")
      let record = try checkpoint.record(String(fields[0]))
      var sum: UInt64 = 0
      checkpoint.readAll(record).withUnsafeBufferPointer { values in
        for index in 0..<values.count {
          sum &+= UInt64(values[index].bitPattern) &* (2 &* UInt64(truncatingIfNeeded: index) &+ 1)
        }
      }
      #expect(sum == UInt64(fields[1]), "\(record.name)")
      compared[record.elementType.name, default: 0] += 1
    }
    #expect(compared.values.reduce(0, +) == checkpoint.tensors.count)
    print("tensors equal to the reference's:", compared.sorted { $0.key < $1.key })
    print(ModelSummary(checkpoint).text)
  }
}
