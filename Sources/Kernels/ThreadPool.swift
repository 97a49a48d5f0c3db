private import CKernels
import Foundation
import Synchronization

/// Threads that wait for the parallel regions of a forward pass.
///
/// Theory of operation. A decode step has some two hundred regions of 10 to 100 microseconds, microseconds apart:
/// waking a sleeping thread for each would cost as much as the work. So a worker without work looks for the next region
/// for a bounded time and only then sleeps. An open region is one number, its generation with its next part and its
/// count of parts; a part is claimed by exchanging the number, which fails where the region is over. Whoever holds a
/// claimed part finds the region's body in place, since the caller returns only when all parts are done. The caller
/// works too. One region runs at a time: a caller that finds the pool busy runs its parts itself.
package final class ThreadPool: Sendable {
  /// Threads that work at a time, the caller included.
  package let threads: Int
  private let spins: Int
  /// Whether a region is open.
  private let busy = Atomic<Bool>(false)
  /// Generation << 32 | next part << 16 | parts.
  private let ticket = Atomic<UInt64>(0)
  /// Address of the open region's body.
  private let body = Atomic<UInt>(0)
  /// Parts of the open region that are done.
  private let done = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let wake = NSCondition()

  /// Looks for work before a worker sleeps: 100 to 200 microseconds, more than the gap between two regions of a pass.
  private static let spinsMax = 10_000
  /// Parts of one region at most.
  package static let partsMax = 0xFFFF

  private static let pools = Mutex<[Int: ThreadPool]>([:])

  /// The pool of that many threads; made once, its threads live as long as the process.
  package static func shared(threads: Int) -> ThreadPool {
    pools.withLock { pools in
      if let pool = pools[threads] { return pool }
      let pool = ThreadPool(threads: threads)
      pools[threads] = pool
      return pool
    }
  }

  private init(threads: Int) {
    self.threads = threads
    // With more threads than processors, looking would keep others from working.
    spins = threads <= ProcessInfo.processInfo.activeProcessorCount ? Self.spinsMax : 0
    for index in 1..<threads {
      let thread = Thread { [self] in work() }
      thread.name = "persrm-pool-\(index)"
      thread.stackSize = 2 << 20
      thread.start()
    }
  }

  /// Calls `body` once for each part 0..<parts, and returns when all have returned.
  ///
  /// - Parameter parts: 1...partsMax.
  package func run(parts: Int, _ body: @Sendable (Int) -> Void) {
    precondition((1...Self.partsMax).contains(parts))
    if busy.exchange(true, ordering: .acquiring) {
      for part in 0..<parts { body(part) }
      return
    }
    withoutActuallyEscaping(body) { body in
      // SAFETY: the address is used by holders of parts only, and this frame outlives them: it waits for all parts.
      withUnsafePointer(to: body) { address in
        self.body.store(UInt(bitPattern: address), ordering: .relaxed)
        done.store(0, ordering: .relaxed)
        let generation = (ticket.load(ordering: .relaxed) >> 32) &+ 1
        ticket.store(generation << 32 | UInt64(parts), ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
          wake.lock()
          wake.broadcast()
          wake.unlock()
        }
        while claim() {}
        waitForStragglers(parts)
      }
    }
    busy.store(false, ordering: .releasing)
  }

  private func waitForStragglers(_ parts: Int) {
    var looks = 0
    while done.load(ordering: .acquiring) < parts {
      looks += 1
      if looks < Self.spinsMax { ck_pause() } else { sched_yield() }
    }
  }

  /// Runs one part of the open region; false where there is none left.
  private func claim() -> Bool {
    var seen = ticket.load(ordering: .acquiring)
    while seen >> 16 & 0xFFFF < seen & 0xFFFF {
      let (exchanged, original) = ticket.weakCompareExchange(
        expected: seen, desired: seen &+ 1 << 16, ordering: .acquiringAndReleasing)
      guard exchanged else {
        seen = original
        continue
      }
      // SAFETY: a claimed part keeps the caller, and so its body, in place.
      if let address = UnsafePointer<@Sendable (Int) -> Void>(bitPattern: body.load(ordering: .relaxed)) {
        address.pointee(Int(seen >> 16 & 0xFFFF))
      }
      done.add(1, ordering: .releasing)
      return true
    }
    return false
  }

  private var hasParts: Bool {
    let seen = ticket.load(ordering: .sequentiallyConsistent)
    return seen >> 16 & 0xFFFF < seen & 0xFFFF
  }

  /// A worker's life.
  private func work() {
    while true {
      var looks = 0
      while looks < spins {
        if claim() {
          looks = 0
        } else {
          looks += 1
          ck_pause()
        }
      }
      wake.lock()
      sleepers.add(1, ordering: .sequentiallyConsistent)
      while !hasParts { wake.wait() }
      sleepers.subtract(1, ordering: .sequentiallyConsistent)
      wake.unlock()
      while claim() {}
    }
  }
}
