import DataFiles

/// What a training loop tells of each step: one call writes `metrics.jsonl` and the TensorBoard file.
///
/// `metrics.jsonl` must be written, or the run stops; TensorBoard's file is a copy for the eye, and where it cannot be
/// written it is given up and `eventsFailure` says why.
package struct RunRecorder: ~Copyable {
  /// Seconds since 1970, and seconds on a clock that does not go back.
  package struct Clock: Sendable {
    package var time: @Sendable () -> Double
    package var uptime: @Sendable () -> Double

    package init(time: @escaping @Sendable () -> Double, uptime: @escaping @Sendable () -> Double) {
      self.time = time
      self.uptime = uptime
    }
  }

  private var log: MetricsLog
  private var events: EventFileWriter?
  private let clock: Clock
  private let startedAt: Double
  private let earlierSeconds: Double
  /// Why there is no TensorBoard file any more; nil while there is one.
  package private(set) var eventsFailure: TrainingRecordsError?

  /// Opens both files of a run.
  ///
  /// - Parameter step: that of the checkpoint from which the run continues; nil for a new run. Lines of later steps are
  ///   cut off.
  /// - Throws: as `MetricsLog`.
  package init(
    directory: borrowing RunDirectory, continuingAfter step: Int?, clock: Clock
  ) throws(TrainingRecordsError) {
    log = try MetricsLog(path: directory.metricsPath, continuingAfter: step ?? 0)
    do throws(TrainingRecordsError) {
      // A run that was killed before its first checkpoint begins again, and its first events are void.
      let resumedStep = step ?? (directory.isResumed ? 0 : nil)
      events = try EventFileWriter(folder: directory.path, resumedStep: resumedStep, time: clock.time())
    } catch {
      events = nil
      eventsFailure = error
    }
    self.clock = clock
    startedAt = clock.uptime()
    earlierSeconds = log.lastWallSeconds
  }

  /// How long the run has worked, earlier parts included as far as they are on record.
  package var wallSeconds: Double { earlierSeconds + (clock.uptime() - startedAt) }
  /// Lines of steps that this run will do again, cut off when it began.
  package var linesCut: Int { log.linesCut }

  /// Writes what was measured at a step. It is on the disk when this returns.
  ///
  /// To be called before the step's checkpoint is written, so that a resumed run has every line of the steps before it.
  ///
  /// - Precondition: as `MetricsLog.append`.
  package mutating func record(
    step: Int, values: [String: Double], texts: [String: String] = [:], distributions: [String: [Double]] = [:]
  ) throws(TrainingRecordsError) {
    let line = MetricsLine(
      step: step, time: clock.time(), wallSeconds: wallSeconds, values: values, texts: texts,
      distributions: distributions)
    try log.append(line)
    do throws(TrainingRecordsError) {
      try events?.append(line)
    } catch {
      events = nil
      eventsFailure = error
    }
  }
}
