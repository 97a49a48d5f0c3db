import DataParallel
import Testing

@Suite struct SingleProcessTests {
  @Test func everyOperationIsTheIdentity() throws {
    let alone = SingleProcess()
    #expect(alone.rank == 0 && alone.size == 1 && alone.isFirst)
    var values: [Float] = [1, -0.0, .pi]
    try alone.allReduceSum(&values)
    #expect(values.map(\.bitPattern) == [Float(1), -0.0, .pi].map(\.bitPattern))
    #expect(try alone.broadcast([1, 2, 3], from: 0) == [1, 2, 3])
    #expect(try alone.allGather([7]) == [[7]])
    #expect(try alone.sums(of: [0.5, 2]) == [0.5, 2])
    #expect(try alone.any(true))
    #expect(try !alone.any(false))
    try alone.requireEqual([1], naming: "the seed")
    try alone.barrier()
  }

  @Test func gathersNoMoreThanTheLimit() {
    let limit = CommunicationLimits.gatheredBytesMax
    #expect(throws: CommunicationError.tooLarge(bytes: limit + 1, limit: limit)) {
      try SingleProcess().allGather([UInt8](repeating: 0, count: limit + 1))
    }
  }

  @Test func isOfNoMoreUseOnceFinished() throws {
    let alone = SingleProcess()
    try alone.finish()
    #expect(throws: CommunicationError.ended) { try alone.barrier() }
    #expect(throws: CommunicationError.ended) { try alone.finish() }
  }
}
