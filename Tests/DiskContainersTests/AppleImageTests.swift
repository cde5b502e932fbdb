import BlockIO
import DiskContainers
import TestSupport
import Testing

@Suite("Disk images of macOS")
struct AppleImageTests {
  private static let disk = patchwork(256 << 10, seed: 21)

  /// The place of the trailer.
  private func trailer(of file: [UInt8]) -> Int { file.count - 512 }

  private func error(reading file: [UInt8]) -> ContainerError? {
    do { _ = try content(of: opened(file)) } catch { return error as? ContainerError }
    return nil
  }

  @Test("are read byte for byte and proven", arguments: ["zlib", "bzip2", "xz", "raw", "raw zlib xz bzip2"])
  func reads(_ kinds: String) throws {
    let file = try AppleImage.pack(Self.disk, kinds)
    let disk = try opened(file)
    #expect(disk.format == .dmg)
    let content = try content(of: disk)
    #expect(content.bytes == Self.disk)
    #expect(content.isChecked)
    #expect(try disk.bytes(at: 150_000, count: 5000) == Array(Self.disk[150_000..<155_000]))
  }

  @Test("the test's own writer makes what QEMU reads")
  func oracle() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(try AppleImage.pack(Self.disk, "zlib raw"), to: "packed")
    try scratch.run("qemu-img convert -f dmg -O raw packed disk")
    #expect(try scratch.contents("disk") == Self.disk)
  }

  @Test("pieces of zeros and pieces that nobody wants are zeros", arguments: ["zeros zlib", "unused raw"])
  func holes(_ kinds: String) throws {
    var disk = Self.disk
    for start in stride(from: 0, to: disk.count, by: 2 << 14) {
      disk.replaceSubrange(start..<start + (1 << 14), with: repeatElement(0, count: 1 << 14))
    }
    let content = try content(of: opened(try AppleImage.pack(disk, kinds)))
    #expect(content.bytes == disk)
    #expect(content.isChecked)
  }

  @Test("a wrong byte in a stored piece is noticed by the checksum of its part")
  func flipped() throws {
    var file = try AppleImage.pack(Self.disk, "raw")
    file[200_000] ^= 4
    guard case .checksumWrong(.data, _) = error(reading: file) else {
      Issue.record("not noticed")
      return
    }
  }

  @Test("the checksum of all checksums is noticed before anything is read")
  func master() throws {
    let file = try AppleImage.pack(Self.disk, "zlib")
    let place = trailer(of: file) + 360
    var forged = file
    forged[place] ^= 1
    #expect(throws: ContainerError.checksumWrong(.footer, offset: UInt64(place))) { try opened(forged) }
    // Without a checksum of its kind there is nothing to compare.
    #expect(try content(of: opened(file.settingBig(0, at: place - 8, count: 4))).bytes == Self.disk)
  }

  @Test("methods that are not known here are refused", arguments: ["zlib adc", "lzfse"])
  func methods(_ kinds: String) throws {
    let file = try AppleImage.pack(Self.disk, kinds)
    #expect(throws: ContainerError.needs(.method)) { try opened(file) }
  }

  @Test("numbers of the trailer that cannot be")
  func trailers() throws {
    let file = try AppleImage.pack(Self.disk, "zlib")
    let place = trailer(of: file)
    let offset = UInt64(place)
    #expect(error(reading: file.settingBig(3, at: place + 4, count: 4)) == .needs(.feature))
    #expect(error(reading: file.settingBig(2, at: place + 60, count: 4)) == .needs(.dataFile))
    #expect(error(reading: file.settingBig(offset, at: place + 216)) == .cutOff(.descriptor, offset: offset))
    #expect(error(reading: file.settingBig(0, at: place + 224)) == .needs(.feature))
    #expect(
      error(reading: file.settingBig(1 << 40, at: place + 224)) == .tooLong(.descriptor, byteCount: 1 << 40))
    #expect(
      error(reading: file.settingBig(1 << 60, at: place + 492)) == .tooLong(.length, byteCount: 1 << 60))
    #expect(error(reading: file.settingBig(.max, at: place + 24)) == .damaged(.footer, offset: offset + 24))
    let list = file.big(at: place + 216, count: 8)
    #expect(error(reading: file.settingBig(16, at: place + 492)) == .damaged(.descriptor, offset: list))
  }

  @Test("whatever is changed in the list of parts, nothing but an error or the same disk comes of it")
  func lists() throws {
    let file = try AppleImage.pack(Self.disk, "zlib raw")
    let list = Int(file.big(at: trailer(of: file) + 216, count: 8))
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<60 {
      var forged = file
      forged[Int.random(in: list..<file.count - 512, using: &generator)] ^=
        1 << UInt8.random(in: 0..<8, using: &generator)
      if let bytes = try? content(of: opened(forged)).bytes { #expect(bytes == Self.disk) }
    }
  }

  @Test("encrypted ones are named")
  func encrypted() throws {
    let head = Array("encrcdsa".utf8) + [UInt8](repeating: 7, count: 4096)
    #expect(try RecognisedContainer(in: head) == .foreign(.encryptedDMG))
    let tail = [UInt8](repeating: 7, count: 4096) + Array("cdsaencr".utf8)
    #expect(try RecognisedContainer(in: tail) == .foreign(.encryptedDMG))
  }
}
