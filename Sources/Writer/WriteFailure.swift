public import BlockIO
public import BlockMap
public import DeviceSafety
public import ImageSource
public import ImageTrust

/// What the device was asked to do when it failed.
public enum DeviceOperation: String, Hashable, Sendable {
  case erase, probe, compare, write, flush, readBack = "read-back", commit
}

/// Why a write did not succeed.
public enum WriteError: Error, Hashable, Sendable {
  /// The image could not be read, or is no longer the one that was opened.
  case image(ImageSourceError)
  /// The device failed; the offset in bytes where one is known.
  case device(SystemCallError, during: DeviceOperation, offset: UInt64?)
  /// The image goes on where the medium ends, whose capacity is given in bytes.
  case tooLarge(capacity: UInt64)
  /// The medium does not hold what was written.
  case mismatch(Differences)
  /// The medium does not hold what was written, and holds less than it claims.
  case overrun(Differences, CapacityShortfall)
  /// The medium holds the image, but less than it claims.
  case fakeCapacity(CapacityShortfall)
  /// The image, or the file that it is in, is not what something says that speaks for it.
  case trust(TrustReport)
  /// The image is not the one that the map describes.
  case map(MapMismatch)
  /// The target is no longer the one that was confirmed.
  case identity(RecheckError)
  /// The medium finished no request for so long, while other media had nothing to do but to wait for it.
  case stalled(Duration)
  /// The journal could not note what was about to be written.
  case journal(SystemCallError)
  /// The run was cancelled.
  case cancelled

  /// Why the image gives no more bytes: a source that waits for its bytes gives up when the run does.
  init(reading error: ImageSourceError) { self = Task.isCancelled ? .cancelled : .image(error) }
}

/// A write that did not succeed, and in what state it leaves the medium.
public struct WriteFailure: Error, Hashable, Sendable {
  /// Why.
  public let error: WriteError
  /// What the medium holds now.
  public let medium: MediumState

  /// What a medium holds after a failure.
  public enum MediumState: Hashable, Sendable {
    /// Nothing has been written.
    case untouched
    /// The old content is gone and the first MiB is zero: it cannot boot.
    case erased
    /// The old content is gone and whether the first MiB is zero could not be established.
    case unknown
  }
}

/// What a run has proven, and how.
public struct WriteReport: Hashable, Sendable {
  /// The bytes of the image; all of them, or what the plan's map says of them, read back from the medium and equal.
  public var imageByteCount: UInt64
  /// Where the image ends on the medium, with the zeros that fill the last block, in bytes.
  public var writtenByteCount: UInt64
  /// The SHA-256 of the image, 32 bytes; nil if none was asked for.
  public var sha256: [UInt8]?
  /// What speaks for the image, all of which is true.
  public var trust: TrustReport
  /// Whether the device confirmed that its own write cache is empty.
  public var cacheFlush: CacheFlush
  /// How many requests had to be repeated in smaller ones after an I/O error.
  public var retries: Int
  /// How long erasing, writing and flushing took.
  public var writing: Duration
  /// How long the read-back took.
  public var verifying: Duration
  /// Whether the kernel has read the new partition table; without it a replug does the same.
  public var partitionsPublished: Bool
  /// What was found of the capacity of the medium; nil where it was not probed.
  public var capacity: CapacityEvidence?
  /// What the medium did not hold at first, and holds since it was written once more; nil where it held everything.
  public var rewritten: Differences?
  /// What was proven of the medium, piece by piece, for a later comparison without the image.
  public var chunks: MediumChunks
  /// What was there already and was left; nil where everything was written.
  public var delta: DeltaReport?
}
