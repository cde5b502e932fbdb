import BlockIO
import Decompression

/// A member of a zip file, as the directory has it (APPNOTE 6.3, 4.3.12).
struct ZipEntry {
  private static let mark: [UInt8] = [0x50, 0x4B, 1, 2]
  private static let byteCount = 46
  private static let localMark: [UInt8] = [0x50, 0x4B, 3, 4]
  private static let localByteCount = 30
  private static let descriptorMark: [UInt8] = [0x50, 0x4B, 7, 8]

  let flags: UInt64
  let method: UInt64
  let checksum: UInt32
  let packedByteCount: UInt64
  let byteCount: UInt64
  let headerOffset: UInt64
  private let nameBytes: [UInt8]
  private let attributes: UInt64
  private let isUnix: Bool

  /// Whether a password is needed.
  var isEncrypted: Bool { flags & 0x2041 != 0 || method == 99 }

  /// Reads an entry and goes behind it.
  init(_ bytes: [UInt8], at place: inout Int, fileOffset: UInt64) throws(UnpackingError) {
    let fault = UnpackingError.decoding(.corrupt(offset: fileOffset + UInt64(place)), layer: 0)
    guard bytes.count - place >= Self.byteCount, bytes[place...].starts(with: Self.mark) else { throw fault }
    let head = bytes[place..<place + Self.byteCount]
    let (name, extra, comment) = (Int(head.number(28, 2)), Int(head.number(30, 2)), Int(head.number(32, 2)))
    guard bytes.count - place >= Self.byteCount + name + extra + comment else { throw fault }
    isUnix = head[head.startIndex + 5] == 3
    flags = head.number(8, 2)
    method = head.number(10, 2)
    checksum = UInt32(head.number(16, 4))
    attributes = head.number(38, 4)
    let nameStart = place + Self.byteCount
    nameBytes = Array(bytes[nameStart..<nameStart + name])
    var long = Self.longNumbers(in: bytes[nameStart + name..<nameStart + name + extra])
    // In this order, and only those that have no room here.
    func wide(_ number: UInt64) throws(UnpackingError) -> UInt64 {
      guard number == 0xFFFF_FFFF else { return number }
      guard let first = long.popFirst() else { throw fault }
      return first
    }
    byteCount = try wide(head.number(24, 4))
    packedByteCount = try wide(head.number(20, 4))
    headerOffset = try wide(head.number(42, 4))
    guard head.number(34, 2) == 0 || head.number(34, 2) == 0xFFFF else {
      throw .decoding(.unsupported(.options, offset: fileOffset + UInt64(place)), layer: 0)
    }
    place = nameStart + name + extra + comment
  }

  /// The numbers of zip64; none where there are none.
  private static func longNumbers(in extra: ArraySlice<UInt8>) -> ArraySlice<UInt64> {
    var rest = extra
    while rest.count >= 4 {
      let (kind, count) = (rest.number(0, 2), Int(rest.number(2, 2)))
      rest = rest.dropFirst(4)
      guard count <= rest.count else { return [] }
      if kind == 1 {
        let field = rest.prefix(count)
        return stride(from: 0, through: count - 8, by: 8).map { field.number($0, 8) }[...]
      }
      rest = rest.dropFirst(count)
    }
    return []
  }

  /// What it is in the choice of the image.
  var member: ArchiveMember {
    let kind = attributes >> 28
    // Folders and links; what was packed out of a pipe is marked as one, and is a file all the same.
    let isOther = isUnix && (kind == 4 || kind == 10)
    let isFolder = nameBytes.last == UInt8(ascii: "/") || (!isUnix && attributes & 0x10 != 0)
    return ArchiveMember(
      name: String(decoding: nameBytes, as: UTF8.self), byteCount: byteCount, isFile: !isOther && !isFolder)
  }

  /// Where it ends at the earliest; nil where no file is that long.
  var leastEnd: UInt64? {
    let (data, overflows) = headerOffset.addingReportingOverflow(
      UInt64(Self.localByteCount + nameBytes.count))
    let (end, overflowsToo) = data.addingReportingOverflow(packedByteCount)
    return overflows || overflowsToo ? nil : end
  }

  /// Where its data lies; the header in front of it must say what the directory says.
  func data(in file: any PackedInput, before limit: UInt64) throws(UnpackingError) -> Range<UInt64> {
    let fault = UnpackingError.decoding(.corrupt(offset: headerOffset), layer: 0)
    let head = try file.piece(at: headerOffset, count: Self.localByteCount)[...]
    // Not every writer repeats the other flags.
    let localFlags = head.number(6, 2)
    guard head.starts(with: Self.localMark), head.number(8, 2) == method, (localFlags ^ flags) & 0x2041 == 0
    else { throw fault }
    let (name, extra) = (Int(head.number(26, 2)), Int(head.number(28, 2)))
    let rest = try file.piece(at: headerOffset + UInt64(Self.localByteCount), count: name + extra)[...]
    guard rest.prefix(name).elementsEqual(nameBytes) else { throw fault }
    let start = headerOffset + UInt64(Self.localByteCount + name + extra)
    guard start <= limit, packedByteCount <= limit - start else { throw fault }
    if localFlags & 0x0008 != 0 {
      try requireDescriptor(at: start + packedByteCount, in: file)
    } else {
      let long = Array(Self.longNumbers(in: rest.dropFirst(name)))
      guard UInt32(head.number(14, 4)) == checksum,
        Self.agrees(head.number(22, 4), byteCount, long),
        Self.agrees(head.number(18, 4), packedByteCount, long)
      else { throw fault }
    }
    return start..<start + packedByteCount
  }

  private static func agrees(_ number: UInt64, _ expected: UInt64, _ long: [UInt64]) -> Bool {
    number == expected || (number == 0xFFFF_FFFF && long.contains(expected))
  }

  /// What follows data whose length was not known in front of it; its mark may be missing.
  private func requireDescriptor(at offset: UInt64, in file: any PackedInput) throws(UnpackingError) {
    let bytes = try file.piece(at: offset, count: 8)[...]
    let hasMark = bytes.starts(with: Self.descriptorMark)
    guard UInt32(bytes.number(hasMark ? 4 : 0, 4)) == checksum else {
      throw .decoding(.checksumWrong(offset: offset), layer: 0)
    }
  }
}
