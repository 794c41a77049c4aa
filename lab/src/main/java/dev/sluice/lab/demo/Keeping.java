package dev.sluice.lab.demo;

import dev.sluice.lab.Privilege;

/** What is said to those who keep the demonstration up: how to look at it, change it and stop it. */
final class Keeping {
    private Keeping() {}

    static String describe(Stage stage, Privilege privilege) {
        String socket = stage.sluice().socket().toString();
        StringBuilder text = new StringBuilder();
        text.append("\nEverything stays up. In another terminal:\n");
        line(text, "./sluice status --admin " + socket);
        line(text, "./sluice flows --admin " + socket);
        line(text, "./sluice counters --admin " + socket);
        if (privilege.kind() == Privilege.Kind.ROOT) {
            String client = "ip netns exec " + stage.scene().client().fullName();
            String firewall =
                    "ip netns exec " + stage.scene().firewall().in().namespace().fullName();
            line(text, client + " ping " + Scene.SERVER);
            line(
                    text,
                    client + " curl http://" + Scene.SERVER + "/any-path      (" + Scene.FORBIDDEN_PATH
                            + " is forbidden)");
            line(text, firewall + " nft list counters");
        }
        line(text, "edit " + stage.objects().directory() + "/*.yaml      (applied when saved)");
        text.append("It ends with Enter or Ctrl-C here");
        if (privilege.kind() == Privilege.Kind.ROOT) {
            text.append(", or with: ./sluice lab down ")
                    .append(stage.scene().topology().prefix());
        }
        return text.append('\n').toString();
    }

    private static void line(StringBuilder text, String command) {
        text.append("  ").append(command).append('\n');
    }
}
