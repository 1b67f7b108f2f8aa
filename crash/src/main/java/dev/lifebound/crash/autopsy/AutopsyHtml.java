package dev.lifebound.crash.autopsy;

import java.io.IOException;
import java.io.OutputStream;

final class AutopsyHtml implements AutopsyWriter {
  @Override
  public void write(Autopsy autopsy, OutputStream out) throws IOException {
    throw new IOException("not yet");
  }
}
