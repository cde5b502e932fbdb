import BlockIO
import DiskContainers
import TestSupport
import Testing

/// A disc in raw sectors.
private struct RawDisc {
  enum Mode: CaseIterable {
    case one, two
  }

  /// Puts data into sectors; the correction behind it is left zero, because nobody here looks at it.
  ///
  /// - Parameter first: the number of the first sector on the disc.
  static func pack(
    _ data: [UInt8], _ mode: Mode, hasChecksums: Bool = true, from first: Int = 150
  ) -> [UInt8] {
    var file: [UInt8] = []
    for start in stride(from: 0, to: data.count, by: 2048) {
      let number = first + start / 2048
      let time = [number / 4500, number / 75 % 60, number % 75]
      let address: [UInt8] = time.map { UInt8(($0 / 10) << 4 | $0 % 10) }
      var sector: [UInt8] = [0] + [UInt8](repeating: 0xFF, count: 10)
      sector += [0] + address + [0]
      sector[15] = mode == .one ? 1 : 2
      if mode == .two { sector += [0, 0, 8, 0, 0, 0, 8, 0] }
      sector += data[start..<start + 2048]
      let covered = mode == .one ? sector[...] : sector[16...]
      let sum = hasChecksums ? checksum(of: covered) : 0
      sector += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
      file += sector + [UInt8](repeating: 0, count: 2352 - sector.count)
    }
    return file
  }

  /// ECMA-130, 14.3, bit by bit: x^32 + x^31 + x^16 + x^15 + x^4 + x^3 + x + 1.
  private static func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc: UInt32 = 0
    for byte in bytes {
      for bit in 0..<8 {
        let isSet = (byte >> bit & 1 == 1) != (crc >> 31 == 1)
        crc = isSet ? crc << 1 ^ 0x8001_801B : crc << 1
      }
    }
    return (0..<32).reduce(UInt32(0)) { $0 | (crc >> $1 & 1) << (31 - $1) }
  }
}

@Suite("Discs in raw sectors")
struct RawDiscTests {
  private static let data = [UInt8].random(2048 * 77, seed: 31)

  @Test("give the data of their sectors", arguments: RawDisc.Mode.allCases, [true, false])
  fileprivate func reads(_ mode: RawDisc.Mode, _ hasChecksums: Bool) throws {
    let disk = try opened(RawDisc.pack(Self.data, mode, hasChecksums: hasChecksums))
    #expect(disk.format == .rawDisc)
    #expect(disk.byteCount == Self.data.byteCount)
    let content = try content(of: disk)
    #expect(content.bytes == Self.data)
    #expect(content.isChecked == hasChecksums)
    #expect(try disk.bytes(at: 32_768, count: 100_001) == Array(Self.data[32_768..<132_769]))
  }

  @Test("a wrong bit is noticed in every sector", arguments: RawDisc.Mode.allCases)
  fileprivate func flipped(_ mode: RawDisc.Mode) throws {
    for sector in [0, 31, 32, 76] {
      var file = RawDisc.pack(Self.data, mode)
      file[sector * 2352 + 1000] ^= 1
      let disk = try opened(file)
      #expect(throws: ContainerError.checksumWrong(.data, offset: UInt64(sector * 2352))) {
        try content(of: disk)
      }
    }
  }

  @Test("music and films are no data")
  func otherTracks() throws {
    let file = RawDisc.pack(Self.data, .one)
    let music = [UInt8].random(2352 * 3, seed: 5)
    #expect(throws: ContainerError.needs(.dataTrack)) { try opened(file + music) }
    let between = Array(file.prefix(2352 * 40)) + music + file[(2352 * 43)...]
    #expect(throws: ContainerError.needs(.dataTrack)) { try content(of: opened(between)) }
    var film = RawDisc.pack(Self.data, .two)
    film[2352 * 9 + 18] |= 0x20
    #expect(throws: ContainerError.needs(.dataTrack)) { try content(of: opened(film)) }
  }

  /// A disc of form 1 with a volume, some of whose last sectors are made those of form 2.
  private static func trailed(
    _ mode: RawDisc.Mode, sectors: Int, size: Int, films: Range<Int>, pause: Int = 0
  ) -> (file: [UInt8], data: [UInt8]) {
    var data = [UInt8].random(2048 * sectors, seed: 34)
    let number = [UInt8(size & 0xFF), UInt8(size >> 8), 0, 0]
    let start = 16 * 2048
    data.replaceSubrange(start..<start + 7, with: [1] + Array("CD001".utf8) + [1])
    data.replaceSubrange(start + 80..<start + 88, with: number + number.reversed())
    data.replaceSubrange(start + 128..<start + 132, with: [0, 8, 8, 0])
    let zeros = [UInt8](repeating: 0, count: pause * 2048)
    var file = RawDisc.pack(zeros + data, mode, from: 150 - pause)
    for film in films {
      let place = (pause + film) * 2352
      file[place + 15] = 2
      for byte in [18, 22] { file[place + byte] = 0x20 }
      for byte in [16, 17, 19, 20, 21, 23] + Array(24..<2352) { file[place + byte] = 0 }
    }
    return (file, data)
  }

  @Test("sectors of form 2 behind the end of the volume are left out", arguments: RawDisc.Mode.allCases)
  fileprivate func trailer(_ mode: RawDisc.Mode) throws {
    for (size, films, pause) in [(75, 75..<77, 0), (60, 75..<77, 0), (40, 41..<77, 0), (76, 76..<77, 150)] {
      let (file, data) = Self.trailed(mode, sectors: 77, size: size, films: films, pause: pause)
      let disk = try opened(file)
      #expect(disk.leftOutSectorCount == films.count)
      let content = try content(of: disk)
      #expect(content.bytes == Array(data.prefix(films.lowerBound * 2048)) && content.isChecked)
    }
    #expect(try opened(Self.trailed(mode, sectors: 77, size: 77, films: 0..<0).file).leftOutSectorCount == 0)
  }

  @Test("sectors of form 2 within the volume, or where nothing says how long that is, are refused")
  func trailerWithin() throws {
    for (size, films) in [(76, 75..<77), (77, 76..<77), (200, 75..<77), (0, 75..<77), (40, 38..<77)] {
      let file = Self.trailed(.two, sectors: 77, size: size, films: films).file
      #expect(throws: ContainerError.needs(.dataTrack), "\(size)") { try opened(file) }
    }
    // Data behind the film are no trailer.
    let between = Self.trailed(.two, sectors: 77, size: 40, films: 50..<60).file
    #expect(throws: ContainerError.needs(.dataTrack)) { try content(of: opened(between)) }
    var orders = Self.trailed(.two, sectors: 77, size: 75, films: 75..<77).file
    orders[16 * 2352 + 24 + 87] ^= 1
    #expect(throws: ContainerError.needs(.dataTrack)) { try opened(orders) }
    // No track ends with so many.
    let long = Self.trailed(.two, sectors: 250, size: 75, films: 75..<250).file
    #expect(throws: ContainerError.needs(.dataTrack)) { try opened(long) }
  }

  @Test("a sector of data that one bit makes one of form 2, or film, is never left out")
  func trailerOfData() throws {
    let file = RawDisc.pack(Self.trailed(.two, sectors: 77, size: 60, films: 0..<0).data, .two)
    #expect(try opened(file).leftOutSectorCount == 0)
    for byte in [18, 22] {
      var flipped = file
      flipped[76 * 2352 + byte] ^= 0x20
      #expect(throws: (any Error).self) { try content(of: opened(flipped)) }
    }
    let trailed = Self.trailed(.two, sectors: 77, size: 75, films: 75..<77).file
    for byte in [16, 22, 24, 2347, 2348] {
      var filled = trailed
      filled[76 * 2352 + byte] = 1
      #expect(throws: ContainerError.needs(.dataTrack), "\(byte)") { try content(of: opened(filled)) }
    }
  }

  @Test("a sector that is missing, comes twice or is elsewhere is noticed", arguments: RawDisc.Mode.allCases)
  fileprivate func order(_ mode: RawDisc.Mode) throws {
    let file = RawDisc.pack(Self.data, mode)
    let sectors = (0..<77).map { Array(file[$0 * 2352..<($0 + 1) * 2352]) }
    let damaged = { (sector: UInt64) in ContainerError.damaged(.data, offset: sector * 2352) }
    var missing = sectors
    missing.remove(at: 60)
    #expect(throws: damaged(60)) { try opened(Array(missing.joined())) }
    var twice = sectors
    twice.insert(sectors[9], at: 9)
    #expect(throws: damaged(10)) { try opened(Array(twice.joined())) }
    var swapped = sectors
    swapped.swapAt(60, 61)
    let disk = try opened(Array(swapped.joined()))
    #expect(throws: damaged(60)) { try content(of: disk) }
    var senseless = RawDisc.pack(Self.data, mode, hasChecksums: false)
    senseless[5 * 2352 + 14] = 0x0A
    #expect(throws: damaged(5)) { try content(of: opened(senseless)) }
  }

  @Test("a track may begin anywhere on the disc", arguments: [151, 4499, 300_000])
  func laterTrack(_ first: Int) throws {
    let file = RawDisc.pack(Self.data, .one, from: first)
    #expect(try content(of: opened(file)).bytes == Self.data)
  }

  @Test("the pause before the data is no part of it, unless a tool only counts from there")
  func pause() throws {
    let descriptors = [1] + Array("CD001".utf8)
    var data = [UInt8].random(2048 * 30, seed: 32)
    data.replaceSubrange(16 * 2048..<16 * 2048 + 6, with: descriptors)
    let paused = RawDisc.pack([UInt8](repeating: 0, count: 150 * 2048) + data, .one, from: 0)
    #expect(try content(of: opened(paused)).bytes == data)
    let long = data + [UInt8].random(2048 * 200, seed: 33)
    #expect(try content(of: opened(RawDisc.pack(long, .two, from: 0))).bytes == long)
    let unknown = RawDisc.pack(Self.data, .one, from: 0)
    #expect(throws: ContainerError.needs(.dataTrack), "nothing tells where it begins") { try opened(unknown) }
  }

  @Test("a file that ends within a sector was cut off")
  func cutOff() throws {
    let file = Array(RawDisc.pack(Self.data, .one).dropLast(700))
    #expect(throws: ContainerError.cutOff(.data, offset: file.byteCount)) { try opened(file) }
  }
}

@Suite("CUE sheets")
struct CueSheetTests {
  private func sheet(_ text: String) throws -> CueSheet { try CueSheet(parsing: Array(text.utf8)) }

  @Test("lead to the file beside them")
  func good() throws {
    let text =
      "REM made by hand\r\nFILE \"My disc.bin\" BINARY\r\n  TRACK 01 MODE1/2352\r\n    INDEX 01 00:00:00\r\n"
    #expect(try sheet(text).fileName == "My disc.bin")
    #expect(try sheet(text).layout == .raw)
    #expect(try RecognisedContainer(in: Array(text.utf8)) == .cueSheet)
    let paused =
      "FILE a.bin BINARY\nTRACK 01 MODE1/2352\n  INDEX 00 00:00:00\n  INDEX 01 00:02:00\n"
    #expect(try sheet(paused).fileName == "a.bin")
    let marked = "\u{FEFF}FILE disc.iso BINARY\n\tTRACK 01 MODE1/2048\n"
    #expect(try sheet(marked).fileName == "disc.iso")
    #expect(try sheet(marked).layout == .data)
  }

  @Test(
    "never lead out of their folder",
    arguments: ["/etc/shadow", "../disc.bin", "a/b.bin", "..", ".", "a\\b", "a\0b"])
  func elsewhere(_ name: String) {
    #expect(throws: CueSheet.Fault.elsewhere(name: name)) {
      try sheet("FILE \"\(name)\" BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\n")
    }
  }

  @Test(
    "with anything but one track of data are refused",
    arguments: [
      ("FILE \"a\" BINARY\nTRACK 01 MODE1/2352\nTRACK 02 AUDIO\n", CueSheet.Fault.severalTracks),
      ("FILE \"a\" BINARY\nTRACK 01 MODE1/2352\nFILE \"b\" BINARY\n", .severalTracks),
      ("FILE \"a\" WAVE\nTRACK 01 AUDIO\n", .noData), ("FILE \"a\" BINARY\nTRACK 01 MODE2/2336\n", .noData),
      ("FILE \"a\" BINARY\nTRACK 01\n", .senseless), ("TRACK 01 MODE1/2352\n", .senseless),
      ("FILE \"a\" BINARY\n", .senseless), ("FILE \"a BINARY\nTRACK 01 MODE1/2352\n", .senseless),
      ("FILE \"a\" BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:02:00\n", .senseless), ("", .senseless),
      (
        "FILE \"a\" BINARY\nTRACK 01 MODE1/2048\nINDEX 00 00:00:00\nINDEX 01 00:02:00\n", .senseless
      ), ("FILE \"a\" BINARY\nTRACK 01 MODE1/2352\nINDEX 00 00:00:00\nINDEX 01 00:03:00\n", .senseless),
    ])
  func refused(_ text: String, _ fault: CueSheet.Fault) {
    #expect(throws: fault) { try sheet(text) }
  }

  @Test("a long text is none")
  func long() {
    let text = String(repeating: "REM\n", count: 20_000) + "FILE \"a\" BINARY\nTRACK 01 MODE1/2352\n"
    #expect(throws: CueSheet.Fault.senseless) { try sheet(text) }
  }
}
