import BlockIO
import SystemPackage
import TestSupport
import Testing

@Suite("Bytes of the kernel's trees and of media")
struct SmallBytesTests {
  @Test("zeroes are told from anything else, at any place and of any length", arguments: [0, 1, 2, 7, 4096])
  func zeroes(count: Int) {
    var bytes = [UInt8](repeating: 0, count: count)
    #expect(bytes.isZero)
    for place in bytes.indices {
      bytes[place] = 0x80
      #expect(!bytes.isZero, "a bit at \(place)")
      bytes[place] = 0
    }
  }

  @Test("an attribute of any length is read whole", arguments: [0, 1, 4095, 4096, 4097, 65_536])
  func attribute(count: Int) throws {
    let scratch = try ScratchDirectory()
    try scratch.run("mkdir -p sys/devices")
    try scratch.write([UInt8](repeating: 0x61, count: count), to: "sys/devices/attribute")
    let tree = SysfsTree(root: SystemRoot(directory: FilePath(scratch.path)))
    #expect(tree.bytes("attribute", of: "devices")?.count == count)
    #expect(tree.bytes("other", of: "devices") == nil && tree.bytes("devices", of: ".") == nil)
  }

  @Test("more than an attribute can hold is not read")
  func tooLong() throws {
    let scratch = try ScratchDirectory()
    try scratch.run("mkdir -p sys/devices; truncate -s 65537 sys/devices/attribute")
    let tree = SysfsTree(root: SystemRoot(directory: FilePath(scratch.path)))
    #expect(tree.bytes("attribute", of: "devices") == nil)
  }
}
