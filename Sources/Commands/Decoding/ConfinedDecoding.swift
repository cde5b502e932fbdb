import ImageSource

/// The process that decodes a compressed image and can do nothing else (R47).
enum ConfinedDecoding {
  /// Decodes and ends the process, if it was started for that; returns otherwise.
  ///
  /// To be called before there is a second thread.
  static func runIfAsked() {
    // The only argument; it is no subcommand.
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 1, let argument = arguments.first, ConfinedDecoder.isAsked(by: argument) else {
      return
    }
    ConfinedDecoder.run(argument)
  }
}
