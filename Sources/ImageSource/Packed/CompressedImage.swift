public import BlockIO
public import Decompression
public import Sandbox
import Synchronization

/// An image in a compressed file, decoded while it is read, by a process that can do nothing else (R47).
public final class CompressedImage: ImageSource {
  private let program: String
  private let contentCheck: ContentCheck
  private let first = Mutex<CompressedStream?>(nil)
  private let file: any SuppliedFile
  /// The format, as the content has it.
  public let format: CompressionFormat
  /// What the file says of the length of the image; what it says may be wrong.
  public let length: ImageLength
  /// What confines the decoder.
  public let confinement: Confinement

  /// Looks whether a file is compressed, whatever it is called, and what it says of its length.
  ///
  /// - Parameters:
  ///   - file: the compressed file.
  ///   - program: the decoder; another one than this program where that is none, as in a test.
  /// - Returns: nil for a file that is not compressed.
  /// - Throws: ``ImageSourceError``.
  public init?(
    in file: any SuppliedFile, program: String = ConfinedProcess.thisProgram
  ) throws(ImageSourceError) {
    guard let format = try Self.format(of: file) else { return nil }
    // What is at a file's end may tell the length; what comes in order has no end yet, and one pass.
    let contentCheck = ContentCheck()
    let opening: DecoderOpening
    if file.seenByteCount == nil {
      opening = try CompressedPass.begin(reading: file, program).opening
    } else {
      let pass = CompressedStream(try CompressedPass.begin(feeding: file, program), contentCheck)
      opening = pass.opening
      first.withLock { $0 = pass }
    }
    length = opening.statedByteCount.map { .stated($0) } ?? .unknown
    confinement = opening.confinement
    self.format = format
    self.contentCheck = contentCheck
    self.file = file
    self.program = program
  }

  /// The format of a compressed file; nil for another one.
  public static func format(of file: any SuppliedFile) throws(ImageSourceError) -> CompressionFormat? {
    let descriptor = try file.reopened()
    do throws(SystemCallError) {
      let prefix = try descriptor.bytes(in: 0..<UInt64(CompressionFormat.prefixByteCount))
      return CompressionFormat(prefix: prefix)
    } catch { throw .system(error, offset: 0) }
  }

  /// The compressed file.
  public var packedFile: (any ImageSource)? { file }
  /// The path that it was opened by.
  public var path: String { file.path }
  /// What the compressed file was when it was opened; nil where there is no file.
  public var state: FileState? { file.state }
  /// The length of the compressed file in bytes; nil where it is not known.
  public var fileByteCount: UInt64? { file.fileByteCount }

  /// Whether the whole image carries checksums; nil as long as no pass has come to its end.
  public var isChecked: Bool? { contentCheck.isChecked }

  /// Starts a decoder for this pass, which is given the file in order; it is killed where the pass is given up.
  public func start() throws(ImageSourceError) -> any ImageStream {
    if let stream = first.withLock({ $0.take() }) { return stream }
    return CompressedStream(try CompressedPass.begin(feeding: file, program), contentCheck)
  }

  /// Compares the compressed file with what it was at the opening.
  public func requireUnchanged() throws(ImageSourceError) { try file.requireUnchanged() }
}

/// What the passes over one image found.
private final class ContentCheck: Sendable {
  private let found = Mutex<Bool?>(nil)

  /// Whether the whole image carries checksums; nil as long as no pass has come to its end.
  var isChecked: Bool? { found.withLock(\.self) }

  func note(isChecked: Bool) { found.withLock { $0 = isChecked } }
}

/// One pass over the image, each with a decoder of its own.
private final class CompressedStream: ImageStream {
  private let contentCheck: ContentCheck
  private let pass: Mutex<CompressedPass>
  private let consumed = Atomic<UInt64>(0)
  let opening: DecoderOpening
  let children: [Int32]

  init(_ pass: consuming sending CompressedPass, _ contentCheck: ContentCheck) {
    self.contentCheck = contentCheck
    opening = pass.opening
    children = pass.children
    self.pass = Mutex(pass)
  }

  var consumedByteCount: UInt64 { consumed.load(ordering: .relaxed) }

  func showFile(to witness: any ByteWitness) -> Bool { pass.withLock { $0.showFile(to: witness) } }

  func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    try pass.withLock { pass throws(ImageSourceError) in
      defer { consumed.store(pass.consumedByteCount, ordering: .relaxed) }
      let count = try pass.read(into: &buffer, range: range)
      if let isChecked = pass.isChecked { contentCheck.note(isChecked: isChecked) }
      return count
    }
  }

  func skip(_ count: UInt64) throws(ImageSourceError) {
    var buffer = AlignedBuffer(byteCount: DecoderFrame.longestPayload)
    var left = count
    while left > 0 {
      let wanted = Int(min(left, UInt64(buffer.byteCount)))
      let done = try read(into: &buffer, range: 0..<wanted)
      left -= UInt64(done)
      guard done == wanted else { return }
    }
  }
}
