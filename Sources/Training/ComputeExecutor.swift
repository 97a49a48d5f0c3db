import Dispatch

/// Runs the jobs of one actor on a queue of its own, so that hours of computing never hold a thread of the cooperative
/// pool.
package final class ComputeExecutor: SerialExecutor {
  private let queue: DispatchQueue

  package init(label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
