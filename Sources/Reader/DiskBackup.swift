public import BlockIO
import SystemPackage

/// In what form a disk is kept.
public enum BackupForm: String, Hashable, Sendable {
  /// Byte by byte, with holes for zeros.
  case raw
  /// As one Zstandard frame.
  case zstd
}

/// What is to be read, and how.
public struct BackupPlan: Hashable, Sendable {
  /// How many bytes from the start on.
  public var byteCount: UInt64
  /// In what form they are kept.
  public var form: BackupForm
  /// Whether to go on where something cannot be read.
  public var toleratesUnreadable: Bool
  /// How long to bear with that.
  public var patience: Patience

  /// Creates a plan.
  public init(
    byteCount: UInt64, form: BackupForm, toleratesUnreadable: Bool = false, patience: Patience = .standard
  ) {
    self.byteCount = byteCount
    self.form = form
    self.toleratesUnreadable = toleratesUnreadable
    self.patience = patience
  }
}

/// What was read.
public struct BackupReport: Hashable, Sendable {
  /// How many bytes, those that could not be read among them.
  public let byteCount: UInt64
  /// Their SHA-256, with zeros for what could not be read.
  public let sha256: [UInt8]
  /// What could not be read, ascending.
  public let unreadable: [Range<UInt64>]
  /// Whether the last of that was not even tried.
  public let hasGivenUp: Bool
}

/// Reads a disk into a file.
public enum DiskBackup {
  /// How much is read at once, in bytes.
  static let pieceByteCount = 4 << 20

  /// Reads everything, in order; blocks for as long as it takes.
  /// - Parameters:
  ///   - now: the time since some moment.
  ///   - advance: told how many bytes are done each time.
  /// - Throws: ``BackupError``; the file is of no use then.
  public static func run(
    _ disk: any ReadableDisk, into file: GrowingFile, _ plan: BackupPlan,
    now: @escaping @Sendable () -> Duration, advance: (Int) -> Void
  ) throws(BackupError) -> BackupReport {
    var encoder: any BackupEncoder
    do throws(SystemCallError) { encoder = try self.encoder(into: file, plan) } catch { throw .output(error) }
    var reader = PatientReader(disk, patience: plan.patience, now: now)
    var buffer = AlignedBuffer(byteCount: pieceByteCount)
    var digest = SHA256()
    var position: UInt64 = 0
    while position < plan.byteCount {
      let piece = position..<min(position + UInt64(pieceByteCount), plan.byteCount)
      try reader.read(piece, into: &buffer)
      guard plan.toleratesUnreadable || reader.unreadable.isEmpty else {
        throw .unreadable(reader.unreadable, reached: piece.upperBound)
      }
      digest.update(buffer, count: piece.count)
      do throws(SystemCallError) { try encoder.add(buffer, count: piece.count) } catch {
        throw .output(error)
      }
      position = piece.upperBound
      advance(piece.count)
    }
    do throws(SystemCallError) {
      try encoder.finish()
      try file.settle()
    } catch { throw .output(error) }
    return BackupReport(
      byteCount: position, sha256: digest.finish(), unreadable: reader.unreadable,
      hasGivenUp: reader.hasGivenUp)
  }

  private static func encoder(
    into file: GrowingFile, _ plan: BackupPlan
  ) throws(SystemCallError) -> any BackupEncoder {
    switch plan.form {
    case .raw: SparseEncoder(into: file)
    case .zstd: try ZstdEncoder(into: file, byteCount: plan.byteCount)
    }
  }
}
