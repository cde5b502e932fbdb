import Glibc
import Synchronization

/// Memory for large buffers; the largest lie on huge pages where the kernel has some: it then pins a few of them for a
/// request, not a thousand.
///
/// What is given back waits for the next buffer of its size, which is zeroed: that takes a tenth of the time that fresh
/// pages of the kernel take, and much less on a virtual machine, whose host has to find them too.
@safe
struct LargeMemory: @unchecked Sendable {
  // Sendable: whoever has taken it is its only owner, until it is given back.
  private let memory: UnsafeMutableRawBufferPointer

  /// The size from which on a buffer is taken from here, in bytes: smaller ones are quickly made.
  static let leastByteCount = 256 << 10

  /// The size of a huge page of x86-64 and of arm64 with pages of 4 KiB, in bytes.
  private static let hugePage = 2 << 20
  /// What waits for the next buffer.
  private static let spare = Mutex<[LargeMemory]>([])
  /// How many are kept: the buffers of one run, so that proving it takes those of writing.
  private static let mostSpare = 12

  /// Takes zeroed memory, aligned to a huge page if it is as large as one.
  /// - Parameter byteCount: the size in bytes, a multiple of the page size.
  @unsafe static func take(byteCount: Int) -> UnsafeMutableRawBufferPointer {
    let kept = spare.withLock { spare in
      spare.lastIndex { unsafe $0.memory.count == byteCount }.map { spare.remove(at: $0) }
    }
    if let kept, let base = unsafe kept.memory.baseAddress {
      unsafe memset(base, 0, byteCount)
      return unsafe kept.memory
    }
    return unsafe map(byteCount: byteCount)
  }

  /// Gives memory back that was taken.
  @unsafe static func give(_ memory: UnsafeMutableRawBufferPointer) {
    let isKept = spare.withLock { spare in
      guard spare.count < mostSpare else { return false }
      spare.append(unsafe LargeMemory(memory: memory))
      return true
    }
    if !isKept { _ = unsafe munmap(memory.baseAddress, memory.count) }
  }

  /// Fresh memory, which is zero and takes no page until it is touched.
  @unsafe private static func map(byteCount: Int) -> UnsafeMutableRawBufferPointer {
    let slack = byteCount < hugePage ? 0 : hugePage
    let (access, flags) = (PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
    guard let start = unsafe mmap(nil, byteCount + slack, access, flags, -1, 0), unsafe start != MAP_FAILED
    else { preconditionFailure("no memory for a buffer of \(byteCount) bytes") }
    guard slack > 0 else { return unsafe UnsafeMutableRawBufferPointer(start: start, count: byteCount) }
    // The kernel does not align a mapping to huge pages on its own before Linux 6.7.
    let before = (hugePage - Int(bitPattern: start) % hugePage) % hugePage
    let memory = unsafe start + before
    if before > 0 { _ = unsafe munmap(start, before) }
    if before < slack { _ = unsafe munmap(memory + byteCount, slack - before) }
    _ = unsafe madvise(memory, byteCount, MADV_HUGEPAGE)
    return unsafe UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
  }
}
