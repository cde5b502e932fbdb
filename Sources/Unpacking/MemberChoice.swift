/// A member of an archive, as its directory has it.
struct ArchiveMember: Hashable {
  /// Its name, foreign text; it is compared and shown, and never opened.
  var name: String
  /// Its length in bytes.
  var byteCount: UInt64
  /// Whether it is a file, and no directory, link or device.
  var isFile: Bool
}

/// Which member of an archive is the image.
///
/// The only file in it, whatever that is; else the only one that is neither small nor text, as notes, checksums
/// and signatures are. Where that leaves several, nobody guesses: people say which one.
enum MemberChoice {
  /// No medium that boots is smaller, in bytes.
  static let smallest: UInt64 = 64 << 10
  /// How much of a member is looked at, in bytes.
  static let beginningByteCount = 512

  /// Chooses among all members.
  /// - Parameter beginning: reads what a member begins with; nil where that would take too long.
  static func choose(
    _ members: [ArchiveMember], named name: String?, beginning: (Int) throws(UnpackingError) -> [UInt8]?
  ) throws(UnpackingError) -> Int {
    let files = members.indices.filter { members[$0].isFile && members[$0].byteCount > 0 }
    if let name {
      let found = members.indices.filter { members[$0].isFile && members[$0].name == name }
      guard found.count < 2 else { throw .archive(.severalImages(listing(members, found))) }
      guard let only = found.first else { throw .archive(.noSuchMember(listing(members, files))) }
      return only
    }
    guard let first = files.first else { throw .archive(.noImage(listing(members, Array(members.indices)))) }
    guard files.count > 1 else { return first }
    var images: [Int] = []
    for index in files where members[index].byteCount >= smallest {
      if let bytes = try beginning(index), isText(bytes) { continue }
      images.append(index)
    }
    guard images.count == 1 else {
      throw .archive(.severalImages(listing(members, images.isEmpty ? files : images)))
    }
    return images[0]
  }

  /// Whether it begins as a text does, in any encoding without zero bytes.
  static func isText(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { byte in byte >= 0x20 && byte != 0x7F || (0x09...0x0D).contains(byte) }
  }

  private static func listing(_ members: [ArchiveMember], _ indices: [Int]) -> MemberListing {
    var listing = MemberListing()
    for index in indices { listing.add(members[index].name, members[index].byteCount) }
    return listing
  }
}
