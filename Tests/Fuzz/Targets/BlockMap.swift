import BlockIO
import BlockMap

extension FuzzTarget {
  /// Block maps, which lie beside images from anywhere.
  public static let blockMap = FuzzTarget(
    "block-map",
    seeds: {
      let digest = [UInt8](repeating: 0xA5, count: 32)
      let map = BlockMap(
        imageByteCount: 70_000, blockByteCount: 4096, algorithm: .sha256,
        ranges: [MappedRange(0..<8192, digest: digest), MappedRange(65_536..<70_000, digest: digest)])
      let early = """
        <bmap version="1.2"><ImageSize>9000</ImageSize><BlockSize>4096</BlockSize><BlocksCount>3</BlocksCount>
        <MappedBlocksCount>1</MappedBlocksCount><BlockMap><Range sha1='00'>2 - 2</Range></BlockMap></bmap>
        """
      return [map.serialised() ?? [], Array(early.utf8)]
    },
    run: { bytes in
      guard let map = try? BlockMap(parsing: bytes), let again = map.serialised() else { return }
      precondition((try? BlockMap(parsing: again)) == map, "what was written is not read back")
    })
}
