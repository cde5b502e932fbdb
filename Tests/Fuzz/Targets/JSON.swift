import Documents

extension FuzzTarget {
  /// JSON of plans, which may come from anybody.
  public static let json = FuzzTarget(
    "json",
    seeds: {
      [
        #"{"schema": 1, "kind": "write-plan", "image": {"path": "/a.iso", "bytes": 3000001}, "o": [], "n": null}"#,
        #"[-1, 0, 18446744073709551615, 1.5e-3, true, false, "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00", [[{}]]]"#,
      ].map { Array($0.utf8) }
    },
    run: { bytes in
      guard let value = try? JSONParser.parse(bytes) else { return }
      let again = try? JSONParser.parse(Array(value.compactText.utf8))
      precondition(again == value, "what was written is not read back")
    })
}
