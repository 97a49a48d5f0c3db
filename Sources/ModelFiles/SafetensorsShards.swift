package import BoundedJSON

/// How the tensors of a model are shared out among safetensors files, as `transformers` does it.
package struct SafetensorsShards: Sendable, Equatable {
  /// One file.
  package struct Shard: Sendable, Equatable {
    /// "model.safetensors", or "model-00001-of-00003.safetensors".
    package let name: String
    package let tensors: [SafetensorsWriter.Tensor]
  }

  package let shards: [Shard]

  /// Fills files in the order of the tensors; a tensor larger than a file has one of its own.
  ///
  /// - Precondition: at least one tensor; `bytesMax` above 0.
  package init(_ tensors: [SafetensorsWriter.Tensor], bytesMax: Int) {
    precondition(!tensors.isEmpty && bytesMax > 0)
    var groups: [[SafetensorsWriter.Tensor]] = []
    var bytes = 0
    for tensor in tensors {
      if groups.isEmpty || bytes + tensor.byteCount > bytesMax {
        groups.append([])
        bytes = 0
      }
      groups[groups.count - 1].append(tensor)
      bytes += tensor.byteCount
    }
    func padded(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
    }
    let count = groups.count
    shards = groups.enumerated().map { index, tensors in
      let name =
        count == 1 ? "model.safetensors" : "model-\(padded(index + 1))-of-\(padded(count)).safetensors"
      return Shard(name: name, tensors: tensors)
    }
  }

  /// Bytes of all tensors.
  package var byteCount: Int { shards.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + $1.byteCount } } }

  /// What `model.safetensors.index.json` says; nil where there is one file, which needs none.
  package var index: JSONValue? {
    if shards.count == 1 { return nil }
    var map: [String: JSONValue] = [:]
    for shard in shards {
      for tensor in shard.tensors { map[tensor.name] = .string(shard.name) }
    }
    return .object(["metadata": .object(["total_size": .integer(Int64(byteCount))]), "weight_map": .object(map)])
  }
}
