import CLzma
import Glibc

/// A filter that LZMA2 or LZMA decodes through, as a container names it.
public struct RawFilter: Hashable, Sendable {
  /// What it does.
  public enum Kind: UInt64, Hashable, Sendable {
    /// LZMA2, which says where it ends.
    case lzma2 = 0x21
    /// The difference to a byte that stands before.
    case delta = 0x03
    /// Addresses in programs for x86.
    case x86 = 0x04
  }

  /// What it does.
  public var kind: Kind
  /// Its settings, as the container keeps them.
  public var properties: [UInt8]

  /// Creates a filter.
  public init(_ kind: Kind, properties: [UInt8]) {
    self.kind = kind
    self.properties = properties
  }
}

/// Decodes what 7z keeps: a chain of filters that ends in LZMA2, without the container of xz.
@safe
final class RawLZMACodec: MemberCodec {
  private static let mostFilters = 3

  private let filters: [RawFilter]
  private let limits: DecodingLimits
  // Safe: made in `init`, freed in `deinit`, and not handed out in between.
  private let stream: UnsafeMutablePointer<lzma_stream>
  let isChecked = false

  init(_ filters: [RawFilter], _ limits: DecodingLimits) {
    self.filters = filters
    self.limits = limits
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: lzma_stream())
  }

  deinit {
    unsafe lzma_end(stream)
    unsafe stream.deallocate()
  }

  func isComplete(head: [UInt8]) -> Bool { true }

  func begin(head: [UInt8]) throws(CodecFault) {
    guard filters.count <= Self.mostFilters, filters.last?.kind == .lzma2 else {
      throw .unsupported(.options)
    }
    // The list ends with a filter of no kind.
    let none = unsafe lzma_filter(id: .max, options: nil)
    var chain = unsafe [lzma_filter](repeating: none, count: filters.count + 1)
    defer { for index in filters.indices { unsafe free(chain[index].options) } }
    for (index, filter) in filters.enumerated() {
      unsafe chain[index].id = filter.kind.rawValue
      let status = unsafe filter.properties.withUnsafeBufferPointer { properties in
        unsafe lzma_properties_decode(&chain[index], nil, properties.baseAddress, properties.count)
      }
      guard status == LZMA_OK else { throw .unsupported(.options) }
    }
    let needed = unsafe lzma_raw_decoder_memusage(chain)
    guard needed <= limits.memory else {
      throw needed == .max ? .unsupported(.options) : .memory(needed: needed, allowed: limits.memory)
    }
    guard unsafe lzma_raw_decoder(stream, chain) == LZMA_OK else { throw .outOfMemory }
  }

  func decode(
    _ input: Span<UInt8>, into output: inout MutableRawSpan, isLast: Bool
  ) throws(CodecFault) -> CodecStep {
    try unsafe input.withUnsafeBufferPointer { source throws(CodecFault) in
      try unsafe output.withUnsafeMutableBytes { target throws(CodecFault) in
        unsafe stream.pointee.next_in = source.baseAddress
        unsafe stream.pointee.avail_in = source.count
        unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = target.count
        let status = unsafe lzma_code(stream, LZMA_RUN)
        switch status {
        case LZMA_OK, LZMA_STREAM_END, LZMA_BUF_ERROR: break
        case LZMA_MEM_ERROR: throw .outOfMemory
        default: throw .corrupt
        }
        return unsafe CodecStep(
          consumed: source.count - stream.pointee.avail_in, produced: target.count - stream.pointee.avail_out,
          isEnd: status == LZMA_STREAM_END)
      }
    }
  }
}
