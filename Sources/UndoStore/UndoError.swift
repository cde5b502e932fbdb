public import BlockIO
public import DeviceSafety
public import SystemPackage

/// Why nothing could be saved, found or kept in the state directory.
public enum UndoError: Error, Hashable, Sendable {
  /// The directory cannot be made, opened or read.
  case directory(SystemCallError, path: String)
  /// Somebody else owns the directory or may write to it.
  case notPrivate(path: String)
  /// There is a symbolic link in the place of the directory, or one above it that leads to no directory.
  case link(path: String)
  /// Another process is at the record, such as one that brings it back.
  case inUse(path: String)
  /// The record could not be written, or not made to last.
  case save(SystemCallError, path: String)
  /// The disk could not be read, and not because of single bad blocks; the offset in bytes.
  case disk(SystemCallError, offset: UInt64)
  /// More places of the disk are unreadable than a worn-out one has.
  case unreadable(ByteRanges)
  /// The run was cancelled.
  case cancelled
}

extension UndoError {
  /// Why the state directory cannot be made or opened: what the kernel answers does not tell of a symbolic link, which
  /// is never followed in the last place (``PrivateDirectory``).
  public init(_ error: SystemCallError, of directory: FilePath) {
    self = .directory(error, path: directory.string)
    let answers: [Errno] = [.notDirectory, .noSuchFileOrDirectory, .tooManySymbolicLinkLevels]
    guard answers.contains(error.errno) else { return }
    var place = FilePath(root: directory.root, [])
    for component in directory.components {
      place.append(component)
      guard (try? SmallFile.link(at: place)) != nil else { continue }
      guard place == directory || (try? FileState(at: place))?.kind != .directory else { continue }
      self = .link(path: place.string)
      return
    }
  }
}

/// Why a record could not be brought back.
public enum RestoreError: Error, Hashable, Sendable {
  /// The record's file could not be read.
  case file(SystemCallError, id: String)
  /// The record's file is damaged.
  case damaged(RecordDamage, id: String)
  /// The disk failed; whether it was being read back, and the offset in bytes where one is known.
  case disk(SystemCallError, isReading: Bool, offset: UInt64?)
  /// The disk does not hold what was brought back, first in this range.
  case mismatch(Range<UInt64>)
  /// The disk is no longer the one that was confirmed.
  case identity(RecheckError)
  /// The run was cancelled.
  case cancelled
}

/// A restore that did not succeed, and whether anything was written.
public struct RestoreFailure: Error, Hashable, Sendable {
  /// Why.
  public let error: RestoreError
  /// Whether the disk is as it was before.
  public let isUntouched: Bool
}
