import BlockIO
import ImageSource
import Reader
import SystemPackage
import Writer

/// What was found in a file when it was read again.
struct BackupProof: Sendable {
  /// The SHA-256 of the file as it is.
  let file: [UInt8]
  /// The SHA-256 of what is in it.
  let content: [UInt8]

  /// Reads a file to its end; a packed one as it is first, and then as what is in it.
  init(
    of file: GrowingFile, _ form: BackupForm,
    _ unpack: @Sendable (any SuppliedFile, String?) throws(ImageSourceError) -> CompressedImage?,
    _ meter: ProgressMeter
  ) throws(ImageSourceError) {
    let raw = try RawImage(opening: file.openPath, acceptsDevice: false)
    switch form {
    case .raw:
      content = try Self.sha256(of: raw, meter)
      self.file = content
    case .zstd:
      self.file = try Self.sha256(of: raw, nil)
      guard let packed = try unpack(raw, nil) else { throw .packed(.unrecognised, path: file.path.string) }
      content = try Self.sha256(of: packed, meter)
    }
  }

  private static func sha256(
    of source: any ImageSource, _ meter: ProgressMeter?
  ) throws(ImageSourceError) -> [UInt8] {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    var digest = SHA256()
    let stream = try source.startUnshown()
    while true {
      let count = try stream.read(into: &buffer, range: 0..<buffer.byteCount)
      digest.update(buffer, count: count)
      meter?.advance(by: count)
      if Task.isCancelled { throw .changed(path: source.path) }
      if count < buffer.byteCount { return digest.finish() }
    }
  }
}
