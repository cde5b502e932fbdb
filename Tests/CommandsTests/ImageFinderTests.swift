import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

@Suite("The images that are offered")
struct ImageFinderTests {
  @Test("are found by what is in them, the newest first, whatever they are called")
  func found() throws {
    let directory = try ScratchDirectory()
    try directory.run(
      """
      mkdir downloads other
      head -c 32769 /dev/zero >downloads/named.txt && printf CD001 >>downloads/named.txt
      head -c 512 /dev/zero >downloads/gpt && printf 'EFI PART' >>downloads/gpt
      (printf '\\037\\213'; head -c 1048576 /dev/zero) >downloads/packed.img.gz
      (printf '\\037\\213'; head -c 1048576 /dev/zero) >downloads/source.tar.gz
      (printf '\\037\\213'; head -c 100 /dev/zero) >downloads/small.gz
      head -c 2097152 /dev/zero >downloads/empty.iso
      printf x >downloads/.hidden && mkfifo downloads/pipe
      cp downloads/named.txt other/outside.iso
      ln -s ../other/outside.iso downloads/link.iso
      ln -s other linked
      touch -d 2026-01-03 downloads/gpt; touch -d 2026-01-02 downloads/named.txt
      touch -d 2026-01-01 downloads/packed.img.gz
      """)
    let folders = ["downloads", "linked", "absent"].map { FilePath(directory.path).appending($0) }
    let images = ImageFinder(folders: folders) { .zero }.find()
    #expect(images.map(\.name) == ["gpt", "named.txt", "packed.img.gz"])
    #expect(images.map(\.kind.string) == ["disk image", "ISO 9660", "gzip"])
    #expect(images.first?.folder == directory.path + "/downloads")
  }

  @Test("are sought in bounded time, and among so many files")
  func bounded() throws {
    let directory = try ScratchDirectory()
    try directory.run("for i in $(seq 1000 1300); do printf 'QFI\\373' >$i; done")
    let folder = FilePath(directory.path)
    #expect(ImageFinder(folders: [folder]) { .zero }.find().count == 200)
    var clock = Duration.zero
    let few = ImageFinder(folders: [folder]) {
      clock += .milliseconds(20)
      return clock
    }
    #expect(few.find().count < 10)
  }

  @Test("archives of documents and programs are none")
  func archives() {
    func zip(_ name: String) -> [UInt8] {
      [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [UInt8(name.utf8.count), 0, 0, 0]
        + Array(name.utf8)
    }
    func kind(_ bytes: [UInt8], _ count: UInt64 = 1 << 21) -> String? {
      ImageMagic.kind(of: bytes, byteCount: count, name: "x")?.string
    }
    #expect(kind(zip("Board-1.0.IMG")) == "zip archive")
    #expect(kind(zip("[Content_Types].xml")) == nil && kind(zip("META-INF/MANIFEST.MF")) == nil)
    #expect(kind([]) == nil && kind([0x50, 0x4B, 3, 4]) == nil)
    var record = [UInt8](repeating: 0, count: 512)
    (record[510], record[511]) = (0x55, 0xAA)
    #expect(kind(record) == "disk image")
    record[446] = 0x7F
    #expect(kind(record) == nil)
  }

  @Test("downloads are where the desktop says")
  func folders() throws {
    let text = "# x\nXDG_DESKTOP_DIR=\"$HOME/Schreibtisch\"\nXDG_DOWNLOAD_DIR=\"$HOME/Eigene Downloads\"\n"
    #expect(DownloadFolders.named(by: text, home: "/home/anna") == "/home/anna/Eigene Downloads")
    #expect(DownloadFolders.named(by: "XDG_DOWNLOAD_DIR=\"/srv/x\"", home: "/h") == "/srv/x")
    #expect(DownloadFolders.named(by: "XDG_DOWNLOAD_DIR=\"x\"", home: "/h") == nil)
    let directory = try ScratchDirectory()
    try directory.run(
      "mkdir -p .config here && echo 'XDG_DOWNLOAD_DIR=\"$HOME/dl\"' >.config/user-dirs.dirs; ln -s $PWD/here cwd"
    )
    let folders = DownloadFolders.folders(homes: [directory.path], current: FilePath(directory.path + "/cwd"))
    #expect(folders.map(\.string) == ["dl", "Downloads", "here"].map { "\(directory.path)/\($0)" })
  }
}
