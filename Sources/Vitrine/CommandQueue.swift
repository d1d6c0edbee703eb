internal import Dispatch

/// Where a command runs. Not on the global queues: a job there may have libdispatch look into /proc, and end the process
/// where no descriptor is free.
final class CommandQueue: TaskExecutor {
  static let shared = CommandQueue()

  private let queue = DispatchQueue(label: "command")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
