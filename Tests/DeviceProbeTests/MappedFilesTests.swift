import BlockIO
import SystemPackage
import Testing

@testable import DeviceProbe

@Suite("The files that a process runs from")
struct MappedFilesTests {
  @Test("R20: one executable mapping for each file system, whatever its path looks like")
  func devices() {
    let maps = """
      55d0c0a00000-55d0c0a02000 r--p 00000000 08:01 131 /usr/bin/burin
      55d0c0a02000-55d0c0a07000 r-xp 00002000 08:01 131                        /usr/bin/burin
      7f00c0a02000-7f00c0a07000 r-xp 00002000 08:01 132                        /usr/lib/libc.so.6
      7f00c0b02000-7f00c0b07000 r-xp 00002000 08:11 133                        /mnt/my stick/lib x.so
      7f00c0c02000-7f00c0c07000 r-xp 00002000 08:21 134                        /old/lib.so (deleted)
      7f00c0d02000-7f00c0d07000 r--p 00002000 08:31 135                        /data
      7f00c0e02000-7f00c0e07000 r-xp 00000000 00:00 0                          [vdso]
      7f00c0f02000-7f00c0f07000 r-xp 00000000 00:00 0
      """
    #expect(
      MappedFiles.first(ofEachDeviceIn: Array(maps.utf8)) == ["/usr/bin/burin", "/mnt/my stick/lib x.so"])
    #expect(MappedFiles.first(ofEachDeviceIn: []) == [])
  }

  @Test("R20: the running program is among its own files")
  func own() throws {
    let maps = try SmallFile.bytes(of: "/proc/self/maps", limit: 1 << 24)
    #expect(!MappedFiles.first(ofEachDeviceIn: maps).isEmpty)
  }
}
