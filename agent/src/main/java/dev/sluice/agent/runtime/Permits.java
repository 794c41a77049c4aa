package dev.sluice.agent.runtime;

import dev.sluice.model.InstanceRuntime.Command;
import dev.sluice.model.InstanceRuntime.Driver;
import dev.sluice.model.InstanceRuntime.Existing;
import dev.sluice.model.InstanceRuntime.Hook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the owner of this host lets a manager run here; said on the command line of the agent, where no manager can say it. Immutable.
 *
 * @param commands words that the argv of a process has to begin with; one of them has to fit
 * @param hooks programs that may be called as hooks, with the rights of the agent
 * @param user who processes run as
 * @param group the group that they run in
 */
public record Permits(List<List<String>> commands, List<String> hooks, String user, String group) {
    /** Who processes run as if nobody says. */
    public static final String USER_USUAL = "nobody";

    /** In which group they run if nobody says. */
    public static final String GROUP_USUAL = "nogroup";

    /** Nothing. */
    public static final Permits NONE = new Permits(List.of(), List.of(), USER_USUAL, GROUP_USUAL);

    /** Copies the lists. */
    public Permits {
        commands = commands.stream().map(List::copyOf).toList();
        hooks = List.copyOf(hooks);
    }

    /**
     * What options say.
     *
     * @param commands each a program and, after blanks, the words that have to follow it
     * @param hooks each a program
     * @param runAs USER or USER:GROUP
     * @throws IllegalArgumentException if one of them cannot be meant
     */
    public static Permits of(List<String> commands, List<String> hooks, String runAs) {
        List<List<String>> words = new ArrayList<>();
        for (String command : commands) {
            words.add(Arrays.asList(command.strip().split(" +", -1)));
            requireAbsolute(words.getLast().getFirst());
        }
        hooks.forEach(Permits::requireAbsolute);
        String[] who = runAs.split(":", -1);
        if (who.length > 2 || !Arrays.stream(who).allMatch(word -> word.matches("[a-z_0-9][-a-z_0-9]{0,31}"))) {
            throw new IllegalArgumentException("'" + runAs + "' is not USER or USER:GROUP");
        }
        if (who[0].equals("root") || who[0].matches("0+")) {
            throw new IllegalArgumentException(
                    "'" + runAs + "': processes of a manager do not run as root; name a user without rights");
        }
        String group = who.length == 2 ? who[1] : who[0].equals(USER_USUAL) ? GROUP_USUAL : who[0];
        return new Permits(words, hooks, who[0], group);
    }

    private static void requireAbsolute(String program) {
        if (!program.startsWith("/")) {
            throw new IllegalArgumentException("'" + program + "' is not the absolute path of a program");
        }
    }

    /** Why this host does not run what a driver names; empty: it does. */
    Optional<String> refuses(Driver driver) {
        return switch (driver) {
            case Existing _ -> Optional.empty();
            case Command command -> refuses(command);
            case Hook hook ->
                hooks.contains(hook.executable())
                        ? refusesFile(hook.executable())
                        : Optional.of("the agent of this host does not permit the hook " + hook.executable()
                                + "; its owner can: sluice agent --permit-hook " + hook.executable());
        };
    }

    private Optional<String> refuses(Command command) {
        boolean permitted = commands.stream()
                .anyMatch(words -> words.size() <= command.argv().size()
                        && command.argv().subList(0, words.size()).equals(words));
        String program = command.argv().getFirst();
        if (permitted) {
            return refusesFile(program);
        }
        boolean otherWords =
                commands.stream().anyMatch(words -> words.getFirst().equals(program));
        return Optional.of("the agent of this host does not permit the command " + program
                + (otherWords ? " with these arguments" : "") + "; its owner can: sluice agent --permit-command "
                + program);
    }

    /** A program that others may write, or put another one in the place of, is anybody's. */
    private static Optional<String> refusesFile(String program) {
        Path path = Path.of(program);
        try {
            if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
                return Optional.of(program + " is not a program on this host");
            }
            Path real = path.toRealPath();
            if (isOthers(real)) {
                return Optional.of(
                        program + " may be written by others than its owner, so it is not run: chmod go-w " + program);
            }
            for (Path start : List.of(path.toAbsolutePath().normalize(), real)) {
                for (Path folder = start.getParent(); folder != null; folder = folder.getParent()) {
                    if (isOthers(folder) && !isSticky(folder)) {
                        return Optional.of(
                                program + " is not run: others than root may put another program in its place,"
                                        + " by writing " + folder + "; chmod go-w " + folder);
                    }
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(program + " cannot be looked at: " + e.getMessage());
        }
    }

    /** Whether others than root and the user of this process may write it. */
    private static boolean isOthers(Path path) throws IOException {
        Set<PosixFilePermission> rights = Files.getPosixFilePermissions(path);
        int owner = (Integer) Files.getAttribute(path, "unix:uid");
        int self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        return rights.contains(PosixFilePermission.OTHERS_WRITE)
                || rights.contains(PosixFilePermission.GROUP_WRITE)
                || (owner != 0 && owner != self);
    }

    /** As /tmp is: who may write there cannot take away what is another's. */
    private static boolean isSticky(Path folder) throws IOException {
        return ((Integer) Files.getAttribute(folder, "unix:mode") & 01000) != 0
                && (Integer) Files.getAttribute(folder, "unix:uid") == 0;
    }
}
