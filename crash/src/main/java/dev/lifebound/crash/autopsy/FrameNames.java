package dev.lifebound.crash.autopsy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of frames without what differs from run to run, or with an unrelated edit. */
final class FrameNames {
  /** Hidden classes carry an address or a number, lambda bodies the number of the lambda. */
  private static final Pattern HIDDEN =
      Pattern.compile("(\\$\\$Lambda|\\$\\$\\w+)[$+/0-9xa-fA-F.]*(?=\\.|$)");

  private static final Pattern LAMBDA = Pattern.compile("\\blambda\\$(\\w+?)\\$\\d+");

  /** {@code C [libfoo.so+0x1234] name+0x12}, with or without the name. */
  private static final Pattern NATIVE =
      Pattern.compile("[CVvA]\\s+\\[([^+\\]]+)(?:\\+0x[0-9a-f]+)?\\]\\s*(.*?)(?:\\+0x[0-9a-f]+)?");

  private static final Pattern COMPILED =
      Pattern.compile("[jJ]\\s+(?:\\d+%?\\s+)?(?:(?:c[12]|jvmci)\\s+)?([^\\s(]+)\\(.*");

  private FrameNames() {}

  static String stable(String frame) {
    Matcher java = COMPILED.matcher(frame);
    String name = java.matches() ? java.group(1) : frame;
    Matcher code = NATIVE.matcher(name);
    if (code.matches()) {
      return code.group(2).isEmpty() ? code.group(1) : code.group(1) + " " + code.group(2);
    }
    name = HIDDEN.matcher(name).replaceAll("$1");
    name = LAMBDA.matcher(name).replaceAll("lambda\\$$1");
    return name.replaceAll("\\s*0x[0-9a-fA-F]+", "");
  }

  /** The source file that a class of that name most likely has. */
  static String source(String frame) {
    String name = stable(frame);
    int method = name.lastIndexOf('.');
    String type = method < 0 ? name : name.substring(0, method);
    int inner = type.indexOf('$');
    return (inner < 0 ? type : type.substring(0, inner)).replace('.', '/') + ".java";
  }
}
