package dev.lifebound.finding;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Paths as URI references and back.
 *
 * <p>A relative path becomes a relative reference, an absolute one (also of Windows) a {@code
 * file:} URI. Every byte that is not unreserved is escaped, the colon too: {@code a:b.go} would
 * otherwise read as a scheme. For every path, {@code path(uri(p)).equals(p)}.
 */
final class SarifUris {
  private static final String FILE = "file://";
  private static final String PLAIN = "-._~/!$&'()*+,;=@";
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:/.*", Pattern.DOTALL);
  private static final Pattern SLASH_DRIVE = Pattern.compile("/[A-Za-z]:/.*", Pattern.DOTALL);

  private SarifUris() {}

  static boolean absolute(String path) {
    return path.startsWith("/") || DRIVE.matcher(path).matches();
  }

  static String uri(String path) {
    if (path.startsWith("/")) {
      return FILE + escape(path);
    }
    if (DRIVE.matcher(path).matches()) {
      return FILE + "/" + path.substring(0, 2) + escape(path.substring(2));
    }
    return escape(path);
  }

  /** The path a reference names; a URI of another scheme stays as it is. */
  static String path(String uri) {
    if (uri.regionMatches(true, 0, "file:", 0, 5)) {
      String rest = uri.substring(5);
      String path = rest;
      if (rest.startsWith("//")) {
        // file://host/path: the host is dropped, as a local tool must.
        int slash = rest.indexOf('/', 2);
        path = slash < 0 ? "/" : rest.substring(slash);
      }
      String plain = unescape(path);
      // A drive is written with a bare colon; "/C%3A/x" is a folder of that name.
      return SLASH_DRIVE.matcher(path).matches() ? plain.substring(1) : plain;
    }
    return uri.contains("://") ? uri : unescape(uri);
  }

  private static String escape(String path) {
    StringBuilder escaped = new StringBuilder(path.length() + 16);
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || PLAIN.indexOf(c) >= 0) {
        escaped.append(c);
      } else {
        escaped.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return escaped.toString();
  }

  private static String unescape(String reference) {
    if (reference.indexOf('%') < 0) {
      return reference;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(reference.length());
    byte[] raw = reference.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] == '%'
          && i + 2 < raw.length
          && HexFormat.isHexDigit(raw[i + 1])
          && HexFormat.isHexDigit(raw[i + 2])) {
        bytes.write(HexFormat.fromHexDigit(raw[i + 1]) << 4 | HexFormat.fromHexDigit(raw[i + 2]));
        i += 2;
      } else {
        // Not an escape: other tools write a bare percent sign.
        bytes.write(raw[i]);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
