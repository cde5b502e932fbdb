import ImageTrust
import Synchronization

@testable import Writer

extension WriteRun {
  /// Carries it out as the writer does for a single target.
  func execute(listeners: PassListeners = PassListeners()) async throws(WriteFailure) -> WriteReport {
    let pass = ImagePass(image, for: [(plan, progress)], listeners: listeners)
    let result = Mutex<Result<WriteReport, WriteFailure>>(
      .failure(WriteFailure(error: .cancelled, medium: .unknown)))
    await pass.run { _, intake in
      let found: Result<WriteReport, WriteFailure>
      do throws(WriteFailure) { found = .success(try await execute(from: intake)) } catch {
        found = .failure(error)
      }
      result.withLock { $0 = found }
    }
    return try result.withLock(\.self).get()
  }
}
