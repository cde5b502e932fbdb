public import BlockIO

/// What a file named `.efi` holds.
public enum EFIBinary: Hashable, Sendable {
  /// A PE file.
  case portableExecutable(PortableExecutable)
  /// Apple's universal binary, a table of PE files that only Macs start.
  case appleUniversal([Slice])
  /// Neither, and why it is no PE file.
  case other(FormatError)

  /// A file shorter than this is no loader but, say, a broken symbolic link (as on Linux Mint 21's images).
  public static let smallestLoader: UInt64 = 256

  /// One program of a universal binary.
  public struct Slice: Hashable, Sendable {
    /// Apple's number of the processor: 7 for i386, 0x01000007 for x86-64.
    public var processor: UInt32
    /// Where the program begins, in bytes of the file.
    public var offset: UInt64
    /// Its length in bytes.
    public var byteCount: UInt64
    /// The processor as a PE machine, where known.
    public var machine: Machine? {
      switch processor {
      case 7: .ia32
      case 0x0100_0007: .x64
      case 0x0100_000C: .aa64
      default: nil
      }
    }
  }

  /// Reads the headers of a file; a broken one becomes ``other(_:)``.
  ///
  /// - Throws: only where the bytes cannot be had.
  public init(parsing file: some RandomAccessBytes) throws(FormatError) {
    let start = try file.prefixReader(at: 0, upTo: 8 + 16 * 20)
    if start.has([0xB9, 0xFA, 0xF1, 0x0E], at: 0) {
      self = .appleUniversal(Self.slices(in: start))
      return
    }
    do throws(FormatError) {
      self = .portableExecutable(try PortableExecutable(parsing: file))
    } catch .unreadable(let error) {
      throw .unreadable(error)
    } catch {
      self = .other(error)
    }
  }

  /// Number of slices, then 20 bytes each: processor, its kind, offset, length, alignment; little-endian.
  private static func slices(in start: ByteReader) -> [Slice] {
    let count = min((try? start.littleEndian(UInt32.self, at: 4)) ?? 0, 16)
    var slices: [Slice] = []
    for index in 0..<Int(count) {
      let place = 8 + index * 20
      guard let processor: UInt32 = try? start.littleEndian(at: place),
        let offset: UInt32 = try? start.littleEndian(at: place + 8),
        let size: UInt32 = try? start.littleEndian(at: place + 12)
      else { break }
      slices.append(Slice(processor: processor, offset: UInt64(offset), byteCount: UInt64(size)))
    }
    return slices
  }
}
