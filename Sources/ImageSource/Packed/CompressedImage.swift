public import BlockIO
import DiskContainers
public import Sandbox
import Synchronization
public import Unpacking

/// An image in a compressed file, decoded while it is read, by a process that can do nothing else (R47).
public final class CompressedImage: ImageSource {
  private let program: String
  private let findings: Findings
  private let first = Mutex<CompressedStream?>(nil)
  private let file: any SuppliedFile
  /// The format of the outermost layer, as the content has it.
  public let format: PackedFormat
  private let wantedMember: String?
  /// What confines the decoder.
  public let confinement: Confinement

  /// Looks whether a file is compressed, whatever it is called, and what it says of its length.
  ///
  /// - Parameters:
  ///   - file: the compressed file.
  ///   - member: the name of the member that is the image; nil where it is the only one.
  ///   - program: the decoder; another one than this program where that is none, as in a test.
  /// - Returns: nil for a file that is not compressed.
  /// - Throws: ``ImageSourceError``.
  public init?(
    in file: any SuppliedFile, member: String? = nil, program: String = ConfinedProcess.thisProgram
  ) throws(ImageSourceError) {
    guard let format = try Self.format(of: file) else { return nil }
    // What is at a file's end may tell the length; what comes in order has no end yet, and one pass.
    if format.needsEnd, file.seenByteCount != nil {
      switch format {
      case .archive(let archive): throw .packed(.archive(.notSeekable(archive)), path: file.path)
      case .container(let container):
        throw .packed(.container(.needs(.wholeFile), container), path: file.path)
      case .compressed: break
      }
    }
    let pass =
      try file.seenByteCount == nil
      ? CompressedPass.begin(reading: file, member: member, program)
      : CompressedPass.begin(feeding: file, member: member, program)
    let opening = pass.opening
    let findings = Findings(opening)
    let stream = CompressedStream(pass, findings)
    first.withLock { $0 = stream }
    self.findings = findings
    confinement = opening.confinement
    wantedMember = member
    self.format = format
    self.file = file
    self.program = program
  }

  /// The format of a compressed file; nil for another one.
  public static func format(of file: any SuppliedFile) throws(ImageSourceError) -> PackedFormat? {
    let descriptor = try file.reopened()
    let bytes: FileBytes
    do throws(SystemCallError) { bytes = try FileBytes(adopting: descriptor, path: file.path) } catch {
      throw .system(error, offset: nil)
    }
    do throws(ByteReadError) { return try PackedFormat(of: bytes) } catch {
      guard case .system(let call, let offset) = error else { return nil }
      throw .system(call, offset: offset)
    }
  }

  /// The compressed file.
  public var packedFile: (any ImageSource)? { file }
  /// The path that it was opened by.
  public var path: String { file.path }
  /// What the compressed file was when it was opened; nil where there is no file.
  public var state: FileState? { file.state }
  /// The length of the compressed file in bytes; nil where it is not known.
  public var fileByteCount: UInt64? { file.fileByteCount }

  /// The member of an archive that is the image, foreign text; nil where there is none, or it is not known yet: of what
  /// comes in order it is known with the first bytes of the image.
  public var member: String? { findings.contents.member }
  /// What the file says of the length of the image; what it says may be wrong.
  public var length: ImageLength { findings.contents.statedByteCount.map { .stated($0) } ?? .unknown }
  /// Whether the whole image carries checksums; nil as long as no pass has come to its end.
  public var isChecked: Bool? { findings.isChecked }

  /// Starts a decoder for this pass, which is given the file in order; it is killed where the pass is given up.
  public func start() throws(ImageSourceError) -> any ImageStream {
    try start(isShown: true)
  }

  /// Starts a decoder for this pass, which reads the file itself where it has all of it: every byte is copied once,
  /// where two pipes would copy it three times.
  public func startUnshown() throws(ImageSourceError) -> any ImageStream {
    try start(isShown: false)
  }

  private func start(isShown: Bool) throws(ImageSourceError) -> any ImageStream {
    // The decoder that said what is in the file goes on, unless it reads alone what is to be shown.
    if let stream = first.withLock({ $0.take() }), stream.isFed || format.needsEnd || !isShown {
      return stream
    }
    // What has its directory at its end is read by the decoder itself.
    let pass =
      try format.needsEnd || (!isShown && file.seenByteCount == nil)
      ? CompressedPass.begin(reading: file, member: wantedMember, program)
      : CompressedPass.begin(feeding: file, member: wantedMember, program)
    return CompressedStream(pass, findings)
  }

  /// Keeps what a pass gives first where it can be looked at, so that nothing is decoded twice for that.
  /// - Parameter stream: a pass over this image of which nothing was read; it goes on as the pass of the result.
  public func beginning(of stream: any ImageStream) throws(ImageSourceError) -> StreamedFile {
    let limits = UnpackingLimits.usual
    return try StreamedFile(
      stream, named: path, length: length,
      within: BeginningLimit(fileByteCount: limits.fileByteCount, time: limits.time))
  }

  /// Compares the compressed file with what it was at the opening.
  public func requireUnchanged() throws(ImageSourceError) { try file.requireUnchanged() }
  /// Whether a change of the file would be noticed.
  public var noticesChanges: Bool { file.noticesChanges }
}

/// What is known of one image by the passes over it.
private final class Findings: Sendable {
  private struct State {
    var contents: DecoderOpening
    var isChecked: Bool?
  }
  private let state: Mutex<State>

  init(_ opening: DecoderOpening) { state = Mutex(State(contents: opening)) }

  /// What is in the file.
  var contents: DecoderOpening { state.withLock(\.contents) }
  /// Whether the whole image carries checksums; nil as long as no pass has come to its end.
  var isChecked: Bool? { state.withLock(\.isChecked) }

  /// Takes over what a pass has found so far.
  func note(_ pass: borrowing CompressedPass) {
    let (contents, isChecked) = (pass.contents, pass.isChecked)
    state.withLock { state in
      if let contents { state.contents = contents }
      if let isChecked { state.isChecked = isChecked }
    }
  }
}

/// One pass over the image, each with a decoder of its own.
private final class CompressedStream: ImageStream {
  private let findings: Findings
  private let pass: Mutex<CompressedPass>
  private let consumed = Atomic<UInt64>(0)
  let children: [Int32]
  /// Whether this process gives the decoder its bytes.
  let isFed: Bool

  init(_ pass: consuming sending CompressedPass, _ findings: Findings) {
    self.findings = findings
    children = pass.children
    isFed = pass.isFed
    self.pass = Mutex(pass)
  }

  var consumedByteCount: UInt64 { consumed.load(ordering: .relaxed) }

  func showFile(to witness: any ByteWitness) -> Bool { pass.withLock { $0.showFile(to: witness) } }

  func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    try readBeginning(into: &buffer, range: range, within: nil).byteCount
  }

  func readBeginning(
    into buffer: inout AlignedBuffer, range: Range<Int>, within limit: BeginningLimit?
  ) throws(ImageSourceError) -> (byteCount: Int, isCutShort: Bool) {
    try pass.withLock { pass throws(ImageSourceError) in
      defer { consumed.store(pass.consumedByteCount, ordering: .relaxed) }
      let part = try pass.read(into: &buffer, range: range, within: limit)
      findings.note(pass)
      return part
    }
  }
}
