import ImageInspector
import ImageSource
import ImageTrust
import Sandbox
import Unpacking
import Writer

/// A pass over an image that has begun, and what the image is.
///
/// Of a compressed image the bytes that the pass gives first are looked at, so that nothing is decoded twice; whoever
/// takes the pass over gets these bytes, and no others.
struct BegunImage {
  /// The pass; where it is let go, its processes end.
  let pass: BegunPass
  /// What is said of the file.
  let inspected: Inspected

  init(pass: BegunPass, inspected: Inspected) { (self.pass, self.inspected) = (pass, inspected) }

  /// Begins a pass, and looks at the image.
  /// - Parameters:
  ///   - source: the image as it was opened.
  ///   - member: the name of the member of an archive that is the image; nil where it is the only one.
  ///   - claims: the checksums that it, or the file that it is in, is said to have.
  ///   - listeners: who judges signatures over it.
  init(
    _ source: OpenedImage, member: String?, _ claims: ClaimSelection, _ listeners: PassListeners,
    in context: Context
  ) throws(Refusal) {
    do throws(ImageSourceError) { pass = try BegunPass(over: source.content, claims, listeners) } catch {
      throw Self.refusal(error, source, in: context)
    }
    // The disk in a container is looked at where it lies.
    guard let packed = source.packed, !packed.format.isContainer else {
      inspected = try context.inspect(source.file, member)
      return
    }
    inspected = try pass.look { stream throws(Refusal) in
      try Self.look(at: packed, stream, source, in: context)
    }
  }

  /// Looks at what a pass over a packed image gives first.
  private static func look(
    at packed: CompressedImage, _ stream: any ImageStream, _ source: OpenedImage, in context: Context
  ) throws(Refusal) -> (any ImageStream, Inspected) {
    let image: StreamedFile
    let next: any ImageStream
    do throws(ImageSourceError) {
      image = try packed.beginning(of: stream)
      // What is told of it is to be true of the file that was opened (R44).
      try source.file.requireUnchanged()
      next = try image.start()
    } catch { throw refusal(error, source, in: context) }
    let found = try context.inspectUnpacked(image)
    let sight =
      if let seen = image.seenByteCount {
        UnpackedSight(packed, in: source.file, .limit, seenByteCount: seen)
      } else {
        UnpackedSight(packed, in: source.file, .whole, seenByteCount: image.fileByteCount ?? 0)
      }
    var report = ImageReport(on: sight, found.report)
    report.seenByteCount = source.file.seenByteCount
    return (next, Inspected(report: report.completed(by: source.file), confinement: found.confinement))
  }

  private static func refusal(
    _ error: ImageSourceError, _ source: OpenedImage, in context: Context
  ) -> Refusal {
    // What waits for bytes gives up when the run does.
    Refusal(
      diagnostic: Task.isCancelled
        ? .cancelled(by: context.stopSignal()) : Diagnostic(error, image: source.file.path))
  }
}

extension UnpackedSight {
  fileprivate init(_ packed: CompressedImage, in file: any SuppliedFile, _ end: End, seenByteCount: UInt64) {
    self.init(
      packed.format, fileByteCount: file.seenByteCount ?? file.fileByteCount ?? 0, end: end,
      seenByteCount: seenByteCount, statedByteCount: packed.length.byteCount, member: packed.member)
  }
}
