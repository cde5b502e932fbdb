import BlockIO
import ImageSource
import ImageTrust
import Writer

/// Reads an image to its end, and finds out what is true of all that speaks for it.
///
/// Of a compressed one the image is read as it is unpacked, and the file besides where something speaks for that.
struct TrustPass {
  let source: OpenedImage
  let claims: ClaimSelection
  /// Whether a checksum inside of the image is compared.
  let comparesImplanted: Bool
  let listeners: PassListeners
  /// The pass over it, where that has begun, for the same claims and listeners.
  var begun: BegunPass?
  /// Whether the SHA-256 of the file as it is is taken as well.
  var identifiesFile = false

  /// What was found.
  struct Findings {
    let report: TrustReport
    /// The SHA-256 of the file as it is; nil where it was not asked for.
    let fileSHA256: [UInt8]?
  }

  private func begin(
    besides identifier: [DigestAlgorithm]
  ) throws(ImageSourceError) -> (stream: any ImageStream, filePass: FilePass?) {
    if let begun, let stream = begun.take() { return (stream, begun.filePass) }
    return try FilePass.begin(source.content, claims, listeners, besides: identifier)
  }

  /// Reads.
  /// - Parameter meter: what shows how far it is.
  /// - Returns: nil where it was cancelled.
  func run(showing meter: ProgressMeter) throws(ImageSourceError) -> Findings? {
    let content = source.content
    if case .exact(let byteCount) = content.length {
      meter.begin(.verifying, total: byteCount)
    } else {
      meter.begin(.verifying, fileByteCount: content.fileByteCount ?? 0)
    }
    let identifier: [DigestAlgorithm] = identifiesFile ? [.sha256] : []
    let pass = BytePass(
      PassRequest(
        (source.packed == nil ? identifier : []) + claims.algorithms, comparesImplanted: comparesImplanted,
        listeners: listeners.image))
    let (stream, filePass) = try begin(besides: identifier)
    let isWhole = try stream.readAll(unless: { Task.isCancelled }) { bytes, consumed in
      pass.update(bytes)
      meter.advance(by: bytes.byteCount, consumed: consumed)
    }
    guard isWhole else { return nil }
    let image = pass.finish()
    try filePass?.readAgain()
    guard !Task.isCancelled else { return nil }
    try source.file.requireUnchanged()
    meter.begin(.done)
    let file = filePass?.finish()
    return Findings(
      report: TrustReport(claims, image: image, file: file, readsFileAgain: filePass?.readsAgain == true),
      fileSHA256: identifiesFile ? (file ?? image).digests[.sha256] : nil)
  }
}
