import BlockIO
import Glibc
import SystemPackage
import Testing

@Suite("R47: memory that is shared with a process that nobody trusts")
struct SharedMemoryTests {
  private static let byteCount = 3 * AlignedBuffer.alignment

  @Test("what is written to one mapping is copied from the other")
  func copies() throws {
    let file = try SharedMemory.file(byteCount: Self.byteCount)
    var written = try SharedMemory(mapping: file, byteCount: Self.byteCount, isWritten: true)
    let read = try SharedMemory(mapping: file, byteCount: Self.byteCount, isWritten: false)
    let content: [UInt8] = Array(1...200)
    written.fill(5000..<5200) { $0.copy(from: content.span, at: 0) }
    var buffer = AlignedBuffer(byteCount: AlignedBuffer.alignment)
    read.copy(5000..<5200, into: &buffer, at: 7)
    #expect(buffer.copied(0..<208) == [UInt8](repeating: 0, count: 7) + content + [0])
    read.copy(0..<0, into: &buffer, at: buffer.byteCount)
  }

  @Test("its length stays: no process can take away what another one is about to copy")
  func sealed() throws {
    let file = try SharedMemory.file(byteCount: Self.byteCount)
    for length in [0, AlignedBuffer.alignment, Self.byteCount * 2] {
      #expect(ftruncate(file.rawValue, off_t(length)) == -1)
      #expect(errno == EPERM)
    }
    // F_ADD_SEALS, 0x400 + 9: what it is sealed against stays as well.
    #expect(fcntl(file.rawValue, 1033, 0) == -1)
    #expect(errno == EPERM)
  }

  // By what the kernel says of it: a test that dies of SIGSEGV would need a monitor that keeps a processor busy as
  // long as any other test has a process of its own.
  @Test("a mapping to read from is not one to write to", arguments: [(false, "r--s"), (true, "rw-s")])
  func permissions(isWritten: Bool, expected: String) throws {
    let file = try SharedMemory.file(byteCount: Self.byteCount)
    let memory = try SharedMemory(mapping: file, byteCount: Self.byteCount, isWritten: isWritten)
    var state = stat()
    try #require(unsafe fstat(file.rawValue, &state) == 0)
    let maps = String(decoding: try SmallFile.bytes(of: "/proc/self/maps", limit: 1 << 24), as: UTF8.self)
    let fields = maps.split(separator: "\n").map { $0.split(separator: " ") }
    let mapped = fields.filter { $0.count > 5 && $0[4] == "\(state.st_ino)" && $0[5].hasPrefix("/memfd:") }
    #expect(mapped.map { String($0[1]) } == [expected])
    var buffer = AlignedBuffer(byteCount: AlignedBuffer.alignment)
    memory.copy(0..<1, into: &buffer, at: 0)
  }
}
