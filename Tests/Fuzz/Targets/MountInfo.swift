import BlockIO

extension FuzzTarget {
  /// `/proc/PID/mountinfo`, in which paths and labels are foreign text.
  public static let mountinfo = FuzzTarget(
    "mountinfo",
    seeds: {
      [
        #"22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw"# + "\n",
        #"36 35 98:0 /a\134 /m\040nt rw master:1 unbindable - fuse.x /dev/a\040b rw,x=\054"# + "\n",
        "33 1 0:50 / / rw - overlay  rw,lowerdir=/low/x:/a\\054b\\134:c,upperdir=/up\n1 2 8:1 / /a rw - - - rw\n",
      ].map { Array($0.utf8) }
    },
    run: { bytes in
      let table = MountTable(parsing: bytes)
      precondition(table.rows.count + table.malformedLineCount == bytes.split(separator: 0x0A).count)
      for row in table.rows { _ = MountTable.values(of: "lowerdir", in: row.options) }
    })
}
