import Kernels
import Tensors
import Testing

/// The loops that measure the machine read and count what they say.
@Suite struct MachinePeakTests {
  @Test(arguments: [0, 1, 2, 63, 64, 65, 1000, 70_001], [1, 2, 5])
  func readsEveryWordOnceWhateverTheThreads(_ count: Int, _ threads: Int) {
    let buffer = FloatBuffer(count: count)
    for index in 0..<count { buffer.pointer[index] = Float(bitPattern: UInt32(index) &* 2_654_435_761) }
    let parallel = ParallelFor(threads: threads)
    #expect(MachinePeak.read(buffer, parallel: parallel) == MachinePeak.readPortable(buffer))
  }

  @Test func aChangedWordChangesTheSum() {
    let buffer = FloatBuffer(count: 1000)
    let before = MachinePeak.readPortable(buffer)
    buffer.pointer[997] = 1
    #expect(MachinePeak.readPortable(buffer) != before)
  }

  @Test(arguments: MachinePeak.Arithmetic.allCases)
  func operationsGrowWithTheRounds(_ arithmetic: MachinePeak.Arithmetic) {
    let one = arithmetic.run(rounds: 1)
    #expect(one > 0)
    #expect(arithmetic.run(rounds: 10) == 10 * one)
    #expect(!arithmetic.instructions.isEmpty)
  }
}
