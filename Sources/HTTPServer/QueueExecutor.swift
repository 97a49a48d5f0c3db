import Dispatch

/// Runs actors on one serial dispatch queue, so that dispatch sources of that queue may enter them at once with
/// `assumeIsolated`. (Dispatch on Linux has no `DispatchSerialQueue`, which would be an executor itself.)
final class QueueExecutor: SerialExecutor {
  let queue: DispatchQueue

  init(label: String) { queue = DispatchQueue(label: label, qos: .userInitiated) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
