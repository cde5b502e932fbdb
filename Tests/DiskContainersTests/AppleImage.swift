import TestSupport

/// Makes disk images of macOS with Python's own packers, which share nothing with the reader.
enum AppleImage {
  /// A script whose arguments are the kinds of the pieces; the file `disk` becomes the file `packed`.
  ///
  /// Two parts of half the disk each, in pieces of 16 KiB; a piece of zeros or of nothing is left out of the data.
  private static let script = """
    import base64, bz2, lzma, struct, sys, zlib
    disk = open('disk', 'rb').read()
    kinds = {'zlib': (0x80000005, zlib.compress), 'bzip2': (0x80000006, bz2.compress),
      'xz': (0x80000008, lzma.compress), 'raw': (1, bytes), 'zeros': (0, lambda piece: b''),
      'unused': (2, lambda piece: b''), 'adc': (0x80000004, bytes), 'lzfse': (0x80000007, bytes)}
    piece, half, data, tables, sums = 16384, len(disk) // 2, b'', b'', b''
    for first in (0, half):
        part, runs = disk[first:first + half], []
        for number, start in enumerate(range(0, half, piece)):
            kind, pack = kinds[sys.argv[1 + number % (len(sys.argv) - 1)]]
            packed = pack(part[start:start + piece])
            size = len(part[start:start + piece])
            runs.append(struct.pack('>IIQQQQ', kind, 0, start // 512, size // 512, len(data), len(packed)))
            data += packed
        runs.append(struct.pack('>IIQQQQ', 0xFFFFFFFF, 0, half // 512, 0, len(data), 0))
        crc = struct.pack('>I', zlib.crc32(part))
        sums += crc
        mish = b'mish' + struct.pack('>IQQQII', 1, first // 512, half // 512, 0, 0x208, 0) + bytes(24)
        mish += struct.pack('>II', 2, 32) + crc + bytes(124) + struct.pack('>I', len(runs)) + b''.join(runs)
        tables += b'<dict><key>Data</key>\\n<data>\\n' + base64.encodebytes(mish) + b'</data></dict>\\n'
    plist = b'<plist><dict><key>resource-fork</key><dict><key>blkx</key><array>' + tables
    plist += b'</array><key>plst</key><array><dict><data>AAAA</data></dict></array></dict></dict></plist>'
    check = lambda bytes: struct.pack('>III', 2, 32, zlib.crc32(bytes)) + b'\\0' * 124
    koly = b'koly' + struct.pack('>IIIQQQQQII', 4, 512, 1, 0, 0, len(data), 0, 0, 1, 1) + bytes(16)
    koly += check(data) + struct.pack('>QQ', len(data), len(plist)) + bytes(120) + check(sums)
    koly += struct.pack('>IQ', 1, len(disk) // 512) + bytes(12)
    assert len(koly) == 512
    open('packed', 'wb').write(data + plist + koly)
    """

  /// Packs a disk.
  static func pack(_ disk: [UInt8], _ kinds: String) throws -> [UInt8] {
    let scratch = try ScratchDirectory()
    try scratch.write(disk, to: "disk")
    try scratch.write(Array(script.utf8), to: "pack.py")
    try scratch.run("python3 pack.py \(kinds)")
    return try scratch.contents("packed")
  }
}
