import Glibc
import SystemPackage

/// How long a request is made again that the kernel has not begun.
private struct Insistence {
  private var refusals = 0

  /// Whether to ask again: after a signal always, and after "not now" for about a second, as nobody waits forever.
  mutating func asksAgain(after code: CInt) -> Bool {
    guard code == EAGAIN, refusals < 1000 else { return code == EINTR }
    refusals += 1
    usleep(1000)
    return true
  }
}

extension OwnedDescriptor {
  /// Reads into a buffer until the range is full or the file ends; EINTR, EAGAIN and short counts are handled here.
  ///
  /// The corresponding C function is `pread`.
  /// - Returns: the number of bytes read; fewer than the range holds only at the end of the file.
  public func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    var bytes = buffer.mutableBytes
    var target = bytes._mutatingExtracting(range)
    return try read(at: offset, into: &target)
  }

  /// Reads into a span until it is full or the file ends; EINTR, EAGAIN and short counts are handled here.
  public func read(at offset: UInt64, into target: inout MutableRawSpan) throws(SystemCallError) -> Int {
    let wanted = target.byteCount
    var (done, insistence) = (0, Insistence())
    while done < wanted {
      let position = off_t(offset) + off_t(done)
      let count = unsafe target.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return 0 }
        return unsafe pread(rawValue, base + done, wanted - done, position)
      }
      guard count != 0 else { break }
      if count < 0 {
        let code = Glibc.errno
        if insistence.asksAgain(after: code) { continue }
        throw SystemCallError(call: "pread", errno: Errno(rawValue: code))
      }
      done += count
    }
    return done
  }

  /// Reads into an array until it is full or the file ends; EINTR and short counts are handled here.
  public func read(at offset: UInt64, into bytes: inout [UInt8]) throws(SystemCallError) -> Int {
    var elements = bytes.mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var span = unsafe elements.mutableBytes
    return try read(at: offset, into: &span)
  }

  /// Reads on where the last read ended, until a span is full or what is read ends; a pipe is waited for.
  ///
  /// The corresponding C function is `read`.
  /// - Returns: the number of bytes; fewer than there is room for only at the end.
  public func readOn(into target: inout MutableRawSpan) throws(SystemCallError) -> Int {
    let wanted = target.byteCount
    var done = 0
    while done < wanted {
      let count = unsafe target.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return 0 }
        // Safe: `done` is less than the count.
        return unsafe Glibc.read(rawValue, base + done, wanted - done)
      }
      guard count != 0 else { break }
      if count > 0 {
        done += count
      } else if Glibc.errno != EINTR {
        throw SystemCallError(call: "read", errno: Errno(rawValue: Glibc.errno))
      }
    }
    return done
  }

  /// Reads once where the last read ended; EINTR is handled here.
  ///
  /// The corresponding C function is `read`.
  /// - Returns: the number of bytes, as many as there are at once; 0 at the end.
  public func readSome(into bytes: inout [UInt8], from start: Int) throws(SystemCallError) -> Int {
    while true {
      let count = unsafe bytes.withUnsafeMutableBytes { target in
        guard start < target.count, let base = target.baseAddress else { return 0 }
        // Safe: `start` is less than the count.
        return unsafe Glibc.read(rawValue, base + start, target.count - start)
      }
      if count >= 0 { return count }
      guard Glibc.errno == EINTR else {
        throw SystemCallError(call: "read", errno: Errno(rawValue: Glibc.errno))
      }
    }
  }

  /// Reads a range of a file as an array; shorter where the file ends first.
  public func bytes(in range: Range<UInt64>) throws(SystemCallError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    let done = try read(at: range.lowerBound, into: &bytes)
    bytes.removeLast(bytes.count - done)
    return bytes
  }

  /// Writes a whole range of a buffer; EINTR, EAGAIN and short counts are handled here.
  ///
  /// The corresponding C function is `pwrite`.
  /// - Throws: ``SystemCallError``; `ENOSPC` also where the kernel stops at the end of the device
  ///   without an error of its own.
  public func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) {
    let source = buffer.bytes.extracting(range)
    var (done, insistence) = (0, Insistence())
    while done < range.count {
      let position = off_t(offset) + off_t(done)
      let count = unsafe source.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return 0 }
        return unsafe pwrite(rawValue, base + done, range.count - done, position)
      }
      guard count > 0 else {
        let code = count == 0 ? ENOSPC : Glibc.errno
        if insistence.asksAgain(after: code) { continue }
        throw SystemCallError(call: "pwrite", errno: Errno(rawValue: code))
      }
      done += count
    }
  }

  /// Waits until everything written is on the medium, as far as the kernel can make it.
  ///
  /// The corresponding C name is `fsync`.
  public func synchronize() throws(SystemCallError) {
    while fsync(rawValue) != 0 {
      let code = Glibc.errno
      if code != EINTR { throw SystemCallError(call: "fsync", errno: Errno(rawValue: code)) }
    }
  }
}
