/// The words of this process's command line.
public enum ProgramArguments {
  /// The number of the first one behind the program's name whose bytes are no UTF-8, counted from 1.
  ///
  /// `CommandLine.arguments` has U+FFFD in the place of such bytes, which is the name of another file. To be called
  /// while there is only one thread.
  public static var firstThatIsNoText: Int? {
    // Safe: the kernel ends every argument with a zero and the list with a null pointer, and nothing here changes them.
    let arguments = unsafe CommandLine.unsafeArgv
    var index = 1
    while CommandLine.argc > Int32(index), let argument = unsafe arguments[index] {
      if unsafe String(validatingCString: argument) == nil { return index }
      index += 1
    }
    return nil
  }
}
