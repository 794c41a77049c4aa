package dev.sluice.cli;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The terminal as a screen that is drawn anew: keys come one by one, and whatever ends the process leaves the terminal as it was. One user; {@link #close}
 * for any thread.
 */
final class Terminal implements AutoCloseable {
    private static final File TTY = new File("/dev/tty");
    private static final String ENTER = "\u001b[?1049h\u001b[?25l";
    private static final String LEAVE = "\u001b[?25h\u001b[?1049l";
    private static final String REDRAW = "\u001b[H\u001b[2J";
    private static final int KEY_LOOK_MS = 50;
    private static final int LINES_DEFAULT = 24;

    private final PrintWriter out;
    private final String settings;
    private final Thread hook = new Thread(this::restore, "sluice-terminal");
    private boolean restored;

    private Terminal(PrintWriter out, String settings) {
        this.out = out;
        this.settings = settings;
    }

    /** Whether somebody looks at what this process says. */
    static boolean isInteractive() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    /** The terminal of this process; empty if it has none that can be drawn on. */
    static Optional<Terminal> open(PrintWriter out) {
        String type = System.getenv().getOrDefault("TERM", "dumb");
        if (!isInteractive() || type.equals("dumb")) {
            return Optional.empty();
        }
        String settings = stty("-g").strip();
        if (settings.isEmpty()) {
            return Optional.empty();
        }
        Terminal terminal = new Terminal(out, settings);
        Runtime.getRuntime().addShutdownHook(terminal.hook);
        stty("-icanon", "-echo", "min", "0", "time", "0");
        out.print(ENTER);
        out.flush();
        return Optional.of(terminal);
    }

    /** What the program stty says about the terminal; empty if it fails. */
    private static String stty(String... arguments) {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(TTY)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? said : "";
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /** Shows a text from the upper left corner; what does not fit is cut. */
    void draw(String text) {
        String[] size = stty("size").strip().split(" ", 2);
        int rows = size.length == 2 && size[0].matches("[1-9]\\d{0,3}") ? Integer.parseInt(size[0]) : LINES_DEFAULT;
        int columns = size.length == 2 && size[1].matches("[1-9]\\d{0,3}") ? Integer.parseInt(size[1]) : 0;
        StringBuilder screen = new StringBuilder(REDRAW);
        text.lines()
                .limit(Math.max(1, rows - 1))
                .map(line -> columns > 0 && line.length() > columns ? line.substring(0, columns) : line)
                .forEach(line -> screen.append(line).append("\r\n"));
        out.print(screen);
        out.flush();
    }

    /** Waits; true at once if q is pressed, or nobody is there any more. */
    boolean quitWithin(long ms) {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
        try {
            while (System.nanoTime() < endNs) {
                while (System.in.available() > 0) {
                    int key = System.in.read();
                    if (key == 'q' || key == 'Q' || key < 0) {
                        return true;
                    }
                }
                Thread.sleep(Math.min(KEY_LOOK_MS, ms));
            }
            return out.checkError();
        } catch (IOException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private synchronized void restore() {
        if (!restored) {
            restored = true;
            out.print(LEAVE);
            out.flush();
            stty(settings);
        }
    }

    @Override
    public void close() {
        restore();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook finds nothing left to do.
        }
    }
}
