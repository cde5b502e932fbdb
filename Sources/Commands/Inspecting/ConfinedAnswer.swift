import BlockIO
import DiskFormats
import ImageInspector
import Sandbox
import SystemPackage

/// What the confined process says of an image.
///
/// One byte for the barriers that it lacks, one for the kind, then the content. Whoever took the process over
/// can say anything in this form: a wrong report at worst, which is judged and shown like any other.
struct ConfinedAnswer: Hashable {
  /// What came of it.
  enum Content: Hashable {
    /// The report.
    case report(ImageReport)
    /// What came of a list of checksums in the image; nil where there is none.
    case sums(TreeSums?)
    /// The files that hold some bytes.
    case files([NamedFile])
    /// The kernel could not read the image.
    case unreadable(SystemCallError, offset: UInt64)
    /// The process could not be confined, and has read nothing.
    case unconfined(SystemCallError)
  }

  /// What confines the process.
  let confinement: Confinement
  /// What it found.
  let content: Content

  /// The longest answer, in bytes; real images take a few thousand.
  static let limit = 1 << 20
  private static let longestName = 64

  init(confinement: Confinement, content: Content) {
    self.confinement = confinement
    self.content = content
  }

  /// The answer as bytes.
  var bytes: [UInt8] {
    let barriers = confinement.missing.reduce(0) { $0 | $1.rawValue }
    switch content {
    case .report(let report): return [barriers, 0] + report.transferBytes
    case .unreadable(let error, let offset): return [barriers, 1] + Self.bytes(of: error, offset)
    case .unconfined(let error): return [barriers, 2] + Self.bytes(of: error, 0)
    case .sums(let sums?): return [barriers, 3] + sums.transferBytes
    case .sums(nil): return [barriers, 4]
    case .files(let files): return [barriers, 5] + NamedFile.transferBytes(of: files)
    }
  }

  /// Reads an answer.
  /// - Throws: ``FormatError`` for anything that ``bytes`` never gives.
  init(parsing bytes: [UInt8]) throws(FormatError) {
    let reader = ByteReader(bytes)
    let barriers = try reader.byte(at: 0)
    let missing = Confinement.Barrier.allCases.filter { barriers & $0.rawValue != 0 }
    guard missing.reduce(0, { $0 | $1.rawValue }) == barriers else {
      throw .invalid(.other, field: "barriers", value: UInt64(barriers), offset: 0)
    }
    confinement = Confinement(missing: Set(missing))
    let kind = try reader.byte(at: 1)
    switch kind {
    case 0: content = .report(try ImageReport(transferBytes: Array(bytes.dropFirst(2))))
    case 1:
      content = .unreadable(try Self.error(in: reader), offset: try reader.littleEndian(at: 6))
    case 2: content = .unconfined(try Self.error(in: reader))
    case 3: content = .sums(try TreeSums(transferBytes: Array(bytes.dropFirst(2))))
    case 4 where bytes.count == 2: content = .sums(nil)
    case 5: content = .files(try NamedFile.files(transferBytes: Array(bytes.dropFirst(2))))
    default: throw .invalid(.other, field: "kind", value: UInt64(kind), offset: 1)
    }
  }

  /// The number of an error in four bytes, eight for a place, and the name of the call to the end.
  private static func bytes(of error: SystemCallError, _ offset: UInt64) -> [UInt8] {
    var writer = ByteWriter(count: 12)
    writer.putLittleEndian(UInt32(bitPattern: error.errno.rawValue), at: 0)
    writer.putLittleEndian(offset, at: 4)
    return writer.bytes + error.call.utf8.prefix(longestName)
  }

  private static func error(in reader: ByteReader) throws(FormatError) -> SystemCallError {
    let number: UInt32 = try reader.littleEndian(at: 2)
    let name = try reader.bytes(at: 14, count: reader.count - 14)
    // Only its length is judged: it is sanitised where it is shown.
    guard name.count <= longestName else {
      throw .limitExceeded(.other, what: "name of a call", limit: UInt64(longestName), offset: 14)
    }
    return SystemCallError(
      call: String(decoding: name, as: UTF8.self), errno: Errno(rawValue: CInt(bitPattern: number)))
  }
}
