import BlockIO
import Decompression
import DiskContainers
import SystemPackage
import Unpacking

/// How a decoder tells its reader why there will be no image: a kind, two numbers, and a name or a list of names.
extension PackedImageError {
  private static let longestName = 64
  /// The longest form, in bytes.
  static let longestPayload = 17 + MemberListing.mostMembers * (10 + MemberListing.Member.longestName)
  /// What is added to the kind of an error of decoding for each layer around it.
  private static let layerStep: UInt8 = 0x20

  /// The error as bytes; one that only the reader can have is none.
  var payload: [UInt8] {
    switch self {
    case .decoding(let error): Self.payload(error)
    case .unreadable(let error, let offset): Self.payload(9, Self.number(error), offset, error.call)
    case .unconfined(let error): Self.payload(10, Self.number(error), 0, error.call)
    case .unrecognised: Self.payload(11)
    case .fruitless: Self.payload(19)
    case .inside(let error, let layer):
      Self.payload(error).enumerated().map { $0 == 0 ? $1 + Self.layerStep * UInt8(clamping: layer) : $1 }
    case .archive(let error): Self.payload(error)
    case .container(let error, let format):
      Self.payload(18, error.transferNumbers.0 << 8 | UInt64(format.rawValue), error.transferNumbers.1)
    case .decoder, .senseless, .cancelled: []
    }
  }

  /// Reads an error; nil for anything that ``payload`` never gives.
  init?(payload: [UInt8]) {
    guard payload.count >= 17, payload.count <= Self.longestPayload else { return nil }
    let numbers = (UInt64(littleEndianBytes: payload[1..<9]), UInt64(littleEndianBytes: payload[9..<17]))
    let (kind, layer) = (payload[0] % Self.layerStep, Int(payload[0] / Self.layerStep))
    let error = SystemCallError(
      call: String(decoding: payload[17...], as: UTF8.self),
      errno: Errno(rawValue: CInt(truncatingIfNeeded: numbers.0)))
    guard layer == 0 || (layer < Unpacker.deepest && kind < 9) else { return nil }
    switch kind {
    case 9: self = .unreadable(error, offset: numbers.1)
    case 10: self = .unconfined(error)
    case 11: self = .unrecognised
    case 12...17:
      guard let error = Self.archiveError(kind, numbers.0, payload[17...]) else { return nil }
      self = .archive(error)
    case 18:
      guard let format = ContainerFormat(rawValue: UInt8(truncatingIfNeeded: numbers.0)),
        let error = ContainerError(transferNumbers: (numbers.0 >> 8, numbers.1))
      else { return nil }
      self = .container(error, format)
    case 19: self = .fruitless
    default:
      guard let error = Self.error(kind, numbers.0, numbers.1) else { return nil }
      self = layer == 0 ? .decoding(error) : .inside(error, layer: layer)
    }
  }

  private static func payload(
    _ kind: UInt8, _ first: UInt64 = 0, _ second: UInt64 = 0, _ name: String = ""
  ) -> [UInt8] {
    [kind] + first.littleEndianBytes + second.littleEndianBytes + name.utf8.prefix(longestName)
  }

  private static func number(_ error: SystemCallError) -> UInt64 {
    UInt64(truncatingIfNeeded: error.errno.rawValue)
  }

  private static func payload(_ error: DecodingError) -> [UInt8] {
    switch error {
    case .corrupt(let offset): payload(0, offset)
    case .checksumWrong(let offset): payload(1, offset)
    case .truncated(let offset): payload(2, offset)
    case .trailingGarbage(let offset): payload(3, offset)
    // Nothing needs no memory: zero stands for what is not known.
    case .memoryLimit(let needed, let allowed): payload(4, needed ?? 0, allowed)
    case .windowTooLarge(let needed, let allowed): payload(5, needed, allowed)
    case .unsupported(let feature, let offset): payload(6, UInt64(feature.rawValue), offset)
    case .empty: payload(7)
    case .outOfMemory: payload(8)
    }
  }

  private static func error(_ kind: UInt8, _ first: UInt64, _ second: UInt64) -> DecodingError? {
    switch kind {
    case 0: .corrupt(offset: first)
    case 1: .checksumWrong(offset: first)
    case 2: .truncated(offset: first)
    case 3: .trailingGarbage(offset: first)
    case 4: .memoryLimit(needed: first == 0 ? nil : first, allowed: second)
    case 5: .windowTooLarge(needed: first, allowed: second)
    case 6:
      UInt8(exactly: first).flatMap(UnsupportedFeature.init).map { .unsupported($0, offset: second) }
    case 7: .empty
    case 8: .outOfMemory
    default: nil
    }
  }

  private static func payload(_ error: ArchiveError) -> [UInt8] {
    switch error {
    case .noImage(let listing): payload(12, listing.count) + bytes(of: listing)
    case .severalImages(let listing): payload(13, listing.count) + bytes(of: listing)
    case .noSuchMember(let listing): payload(14, listing.count) + bytes(of: listing)
    case .encrypted: payload(15)
    case .notSeekable(let format): payload(16, UInt64(format.rawValue))
    case .noArchive: payload(17)
    }
  }

  private static func archiveError(
    _ kind: UInt8, _ number: UInt64, _ list: ArraySlice<UInt8>
  ) -> ArchiveError? {
    switch kind {
    case 12: listing(list, number).map { .noImage($0) }
    case 13: listing(list, number).map { .severalImages($0) }
    case 14: listing(list, number).map { .noSuchMember($0) }
    case 15: .encrypted
    case 16: UInt8(exactly: number).flatMap(ArchiveFormat.init).map { .notSeekable($0) }
    default: .noArchive
    }
  }

  /// Of each member its length, the length of its name, and its name.
  private static func bytes(of listing: MemberListing) -> [UInt8] {
    listing.members.flatMap { member in
      let name = member.name.utf8.prefix(MemberListing.Member.longestName)
      return member.byteCount.littleEndianBytes + UInt16(name.count).littleEndianBytes + name
    }
  }

  private static func listing(_ bytes: ArraySlice<UInt8>, _ count: UInt64) -> MemberListing? {
    var members: [MemberListing.Member] = []
    var rest = bytes
    while !rest.isEmpty {
      guard rest.count >= 10 else { return nil }
      let byteCount = UInt64(littleEndianBytes: rest.prefix(8))
      let length = Int(UInt16(littleEndianBytes: rest.dropFirst(8).prefix(2)))
      rest = rest.dropFirst(10)
      guard length <= rest.count else { return nil }
      members.append(.init(name: String(decoding: rest.prefix(length), as: UTF8.self), byteCount: byteCount))
      rest = rest.dropFirst(length)
    }
    guard UInt64(members.count) <= count, members.count <= MemberListing.mostMembers else { return nil }
    return MemberListing(members, count: count)
  }
}
