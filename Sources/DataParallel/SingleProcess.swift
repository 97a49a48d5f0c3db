private import Synchronization

/// A run of one rank: every operation is the identity. Training is written for ranks and runs alone through this.
package final class SingleProcess: Communicator {
  private let isFinished = Atomic<Bool>(false)

  package init() {}

  package var rank: Int { 0 }
  package var size: Int { 1 }
  package var transport: String { "one process" }

  package func allReduceSum(_ values: UnsafeMutableBufferPointer<Float>) throws(CommunicationError) { try check() }

  package func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(CommunicationError) {
    precondition(root == 0, "a root that is no rank")
    try check()
  }

  package func barrier() throws(CommunicationError) { try check() }

  package func allGather(_ bytes: [UInt8]) throws(CommunicationError) -> [[UInt8]] {
    try check()
    guard bytes.count <= CommunicationLimits.gatheredBytesMax else {
      throw .tooLarge(bytes: bytes.count, limit: CommunicationLimits.gatheredBytesMax)
    }
    return [bytes]
  }

  package func finish() throws(CommunicationError) {
    if isFinished.exchange(true, ordering: .acquiringAndReleasing) { throw .ended }
  }

  private func check() throws(CommunicationError) {
    if isFinished.load(ordering: .acquiring) { throw .ended }
  }
}
