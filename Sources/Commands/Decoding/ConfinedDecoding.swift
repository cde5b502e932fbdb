import ImageSource

/// The process that decodes a compressed image and can do nothing else (R47).
enum ConfinedDecoding {
  /// Decodes and ends the process, if it was started for that; returns otherwise.
  ///
  /// To be called before there is a second thread.
  static func runIfAsked() {
    // The only argument; it is no subcommand.
    guard CommandLine.arguments.dropFirst().elementsEqual([ConfinedDecoder.argument]) else { return }
    ConfinedDecoder.run()
  }
}
