import BlockIO

/// The bytes of the image in a tar file, and behind them a look at everything that follows.
///
/// A tar file has no directory. Where it can be read twice, ``TarArchive`` has looked at all of it before; what
/// comes out of a decoder is read once, and a second image behind the first is found at the end, which is then none.
final class TarFeed: ByteFeed {
  private let reader: TarReader
  private let name: String?
  /// The image, where all of it has been read already.
  private var whole: ArraySlice<UInt8>?
  /// What was looked at of the image.
  private var beginning: ArraySlice<UInt8> = []
  private var listing = MemberListing()
  private var isAtEnd = false
  /// The member that is the image.
  private(set) var member = ArchiveMember(name: "", byteCount: 0, isFile: true)

  /// Goes to the image.
  init(_ reader: TarReader, named name: String?) throws(UnpackingError) {
    self.reader = reader
    self.name = name
    try findImage()
  }

  var isChecked: Bool { reader.isChecked }

  func workAhead() throws(UnpackingError) { try reader.workAhead() }

  private func findImage() throws(UnpackingError) {
    var small: (member: ArchiveMember, bytes: [UInt8])?
    while let member = try reader.next() {
      guard member.isFile else { continue }
      guard member.byteCount > 0 || member.name == name else { continue }
      listing.add(member.name, member.byteCount)
      guard name == nil || member.name == name else { continue }
      let bytes = try reader.beginning(MemberChoice.beginningByteCount)
      if name != nil || Self.isImage(member, bytes) {
        (self.member, beginning) = (member, bytes[...])
        return
      }
      // It may turn out to be the only one.
      if small == nil, member.byteCount < MemberChoice.smallest {
        small = (member, bytes + (try reader.beginning(Int(member.byteCount) - bytes.count)))
      }
    }
    if name != nil { throw .archive(.noSuchMember(listing)) }
    guard listing.count > 0 else { throw .archive(.noImage(listing)) }
    guard listing.count == 1, let small else { throw .archive(.severalImages(listing)) }
    (member, whole) = (small.member, small.bytes[...])
  }

  private static func isImage(_ member: ArchiveMember, _ bytes: [UInt8]) -> Bool {
    member.byteCount >= MemberChoice.smallest && !MemberChoice.isText(bytes)
  }

  func read(into output: inout MutableRawSpan) throws(UnpackingError) -> Int {
    if whole != nil { return whole?.move(into: &output, from: 0) ?? 0 }
    let done = beginning.move(into: &output, from: 0)
    guard done < output.byteCount, !isAtEnd else { return done }
    var room = output._mutatingExtracting(done...)
    let count = try reader.read(into: &room)
    if done + count < output.byteCount { try requireOnlyImage() }
    return done + count
  }

  /// Looks at what follows, to the end of the archive.
  private func requireOnlyImage() throws(UnpackingError) {
    var images = MemberListing([.init(name: member.name, byteCount: member.byteCount)], count: 1)
    while let other = try reader.next() {
      guard other.isFile else { continue }
      if let name {
        if other.name == name { images.add(other.name, other.byteCount) }
      } else if other.byteCount >= MemberChoice.smallest,
        Self.isImage(other, try reader.beginning(MemberChoice.beginningByteCount))
      {
        images.add(other.name, other.byteCount)
      }
    }
    guard images.count == 1 else { throw .archive(.severalImages(images)) }
    isAtEnd = true
  }
}

/// A tar file that can be read twice: all its headers are looked at before the image is.
enum TarArchive {
  /// Refuses one that is cut off, or in which the image cannot be told, before anything is written.
  static func rehearse(
    _ file: any PackedInput, named name: String?, _ watch: UnpackingWatch
  ) throws(UnpackingError) {
    let reader = TarReader(FileFeed(file, 0..<file.byteCount, watch.beside), layer: 0)
    let feed = try TarFeed(reader, named: name)
    try feed.passImage()
  }
}

extension TarFeed {
  /// Goes to the end without reading the image.
  fileprivate func passImage() throws(UnpackingError) {
    guard whole == nil else { return }
    try requireOnlyImage()
  }
}
