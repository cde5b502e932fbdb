public import BlockIO

/// Why an image cannot be used.
public enum ImageSourceError: Error, Hashable, Sendable {
  /// There is nothing at the path.
  case notFound(path: String)
  /// The kernel refuses to open or read it.
  case system(SystemCallError, offset: UInt64?)
  /// It is a directory, FIFO, socket or character device.
  case wrongKind(path: String, kind: FileState.Kind)
  /// It has no bytes.
  case empty(path: String)
  /// It has bytes and states no length, like the files under `/proc`.
  case lengthless(path: String)
  /// It became shorter while it was read: expected and found lengths in bytes.
  case shrank(expected: UInt64, found: UInt64)
  /// It was changed, replaced or grew while it was read.
  case changed(path: String)
  /// It ends after so many bytes, before what was promised of it is there: both in bytes.
  case endsEarly(path: String, expected: UInt64, found: UInt64)
  /// It goes on behind the length in bytes that was promised.
  case goesOn(path: String, expected: UInt64)
  /// It comes once and in order, and has been read already.
  case onlyOnce(path: String)
  /// Nobody waits for its bytes any more.
  case abandoned
  /// It could not be fetched.
  case fetching(FetchFailure, path: String)
  /// It is compressed, and does not become an image.
  case packed(PackedImageError, path: String)
}

/// What is known of an image's length before it has been read to its end.
public enum ImageLength: Hashable, Sendable {
  /// The length in bytes, such as that of a raw file: a pass gives exactly so many, or fails.
  case exact(UInt64)
  /// What a container says of itself, in bytes: good for an early refusal, never for a proof.
  case stated(UInt64)
  /// Nothing; only the end tells.
  case unknown

  /// The length in bytes as far as there is one, proven or only stated.
  public var byteCount: UInt64? {
    switch self {
    case .exact(let count), .stated(let count): count
    case .unknown: nil
    }
  }

  /// The length in bytes where it is certain.
  public var exactByteCount: UInt64? { if case .exact(let count) = self { count } else { nil } }
}

/// Where the bytes of an image come from, in order, one pass at a time.
public protocol ImageSource: Sendable {
  /// The path, or a name for what has none; for messages.
  var path: String { get }
  /// What the file was when it was opened; nil where there is no file, as behind a pipe or a URL.
  var state: FileState? { get }
  /// What is known of the number of bytes that a pass gives.
  var length: ImageLength { get }
  /// How many bytes a pass consumes, of the file or what comes in its place; nil where that is not known.
  var fileByteCount: UInt64? { get }

  /// Begins a pass at the first byte; each call is a pass of its own.
  func start() throws(ImageSourceError) -> any ImageStream

  /// Begins a pass of whose packed file nobody is shown anything: whoever decodes it may read it without this process.
  func startUnshown() throws(ImageSourceError) -> any ImageStream

  /// Checks that the file is still the one that was opened, unchanged (R44).
  func requireUnchanged() throws(ImageSourceError)

  /// Whether that would notice every change, be it made by whoever wants to deceive; what is behind a disk's node may
  /// give other bytes each time.
  var noticesChanges: Bool { get }

  /// The file whose content the image is, where its bytes are others than the image's: a compressed one.
  var packedFile: (any ImageSource)? { get }
}

extension ImageSource {
  /// None: the bytes of most files are the image.
  public var packedFile: (any ImageSource)? { nil }
  /// It would: the times of a file tell.
  public var noticesChanges: Bool { true }

  /// Like any other pass: most sources are read by this process.
  public func startUnshown() throws(ImageSourceError) -> any ImageStream { try start() }
}

/// What people named, with its bytes as they are: they are the image, or hold it packed.
public protocol SuppliedFile: ImageSource {
  /// An open file of its own with the bytes that can be looked at before any pass.
  func reopened() throws(ImageSourceError) -> OwnedDescriptor

  /// How many bytes from the start that file has, where these are not all; nil where it has all of them.
  var seenByteCount: UInt64? { get }
}

/// How far somebody goes to see the beginning of an image.
public struct BeginningLimit: Hashable, Sendable {
  /// How much of the file may be used for it, in bytes: what gives no bytes costs reading all the same.
  public let fileByteCount: UInt64
  /// When it is over.
  public let deadline: ContinuousClock.Instant

  /// Creates a limit that begins to count now.
  public init(fileByteCount: UInt64, time: Duration) {
    self.fileByteCount = fileByteCount
    deadline = ContinuousClock.now + time
  }
}

/// One pass over an image's bytes, in order; used by one thread at a time, handed from thread to thread.
public protocol ImageStream: AnyObject, Sendable {
  /// Fills a range of a buffer with the bytes that come next.
  ///
  /// An end is a claim: everything that speaks for it is true by then, such as the length of a raw file, or
  /// the checksums of a container and that nothing lies behind it (R44).
  /// - Returns: the number of bytes; fewer than the range holds only where the image ends.
  func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int

  /// Fills a range as ``read(into:range:)`` does, and gives less of it where that would take too long.
  /// - Returns: the number of bytes, and whether the limit is why there are not more.
  func readBeginning(
    into buffer: inout AlignedBuffer, range: Range<Int>, within limit: BeginningLimit?
  ) throws(ImageSourceError) -> (byteCount: Int, isCutShort: Bool)

  /// Leaves out the bytes that come next; all that are left where there are fewer.
  func skip(_ count: UInt64) throws(ImageSourceError)

  /// How much of the file has been consumed, in bytes: the progress of an image whose length is not known.
  var consumedByteCount: UInt64 { get }

  /// The processes that work for this pass.
  var children: [Int32] { get }

  /// Has every byte of the packed file shown to a witness when it goes to the decoder; before the first read.
  /// - Returns: whether it will be; false where the file is not read in order, or its bytes are the image.
  func showFile(to witness: any ByteWitness) -> Bool

  /// Says, from any thread, that no more bytes are wanted: a read that waits for some ends soon.
  func abandon()
}

extension ImageStream {
  /// None: most sources are read by this process.
  public var children: [Int32] { [] }

  /// Fills the range, however long that takes: most sources give their first bytes soon, or fail.
  public func readBeginning(
    into buffer: inout AlignedBuffer, range: Range<Int>, within limit: BeginningLimit?
  ) throws(ImageSourceError) -> (byteCount: Int, isCutShort: Bool) {
    (try read(into: &buffer, range: range), false)
  }

  /// Reads them and lets them go.
  public func skip(_ count: UInt64) throws(ImageSourceError) {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    var left = count
    while left > 0 {
      let wanted = Int(min(left, UInt64(buffer.byteCount)))
      let done = try read(into: &buffer, range: 0..<wanted)
      left -= UInt64(done)
      guard done == wanted else { return }
    }
  }

  /// Not: the bytes of most files are the image.
  public func showFile(to witness: any ByteWitness) -> Bool { false }

  /// Nothing: most sources never wait for long.
  public func abandon() {}
}
