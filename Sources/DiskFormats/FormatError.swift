public import BlockIO

/// Why bytes are not what a parser took them for.
public enum FormatError: Error, Hashable, Sendable {
  /// A field reaches beyond the bytes that are there.
  case outOfBounds(offset: UInt64, count: Int)
  /// The magic bytes of the format are missing.
  case signatureMissing(Format, offset: UInt64)
  /// A field holds a value that the format forbids; `field` is the name that the specification gives it.
  case invalid(Format, field: String, value: UInt64, offset: UInt64)
  /// A chain or a table is longer than any honest one, or runs in a circle.
  case limitExceeded(Format, what: String, limit: UInt64, offset: UInt64)
  /// The bytes could not be had.
  case unreadable(ByteReadError)

  /// Of which format the parser speaks.
  public enum Format: String, Hashable, Sendable, CaseIterable {
    case mbr, gpt, apm, fat, exfat, ntfs, ext, pe, iso9660, elTorito, udf, other
  }
}

extension RandomAccessBytes {
  /// Reads a range for a parser: ``bytes(at:count:)`` with the error type of this module.
  public func reader(at offset: UInt64, count: Int) throws(FormatError) -> ByteReader {
    do {
      return ByteReader(try bytes(at: offset, count: count), base: offset)
    } catch {
      throw FormatError(error)
    }
  }

  /// Reads up to `count` bytes for a parser, fewer where the end comes first.
  public func prefixReader(at offset: UInt64, upTo count: Int) throws(FormatError) -> ByteReader {
    do {
      return ByteReader(try prefix(at: offset, upTo: count), base: offset)
    } catch {
      throw FormatError(error)
    }
  }
}

extension FormatError {
  /// Wraps what reading met; a range beyond the end is a fact about the format.
  public init(_ error: ByteReadError) {
    guard case .outOfBounds(let offset, let count, _) = error else {
      self = .unreadable(error)
      return
    }
    self = .outOfBounds(offset: offset, count: count)
  }

  /// Whether the bytes lie behind the beginning that is all there is to look at, which says nothing about them.
  public var isUnseen: Bool {
    if case .unreadable(.notLookedAt) = self { true } else { false }
  }
}

/// What a reading gives, or nil where it would need bytes that cannot be looked at.
public func unlessUnseen<Value>(_ read: () throws(FormatError) -> Value) throws(FormatError) -> Value? {
  do throws(FormatError) {
    return try read()
  } catch {
    guard error.isUnseen else { throw error }
    return nil
  }
}
