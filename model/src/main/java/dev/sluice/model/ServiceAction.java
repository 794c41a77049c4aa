package dev.sluice.model;

/** What a service gets. */
public enum ServiceAction implements Word {
    /** The packet itself, which goes on when the service node gives it back. */
    FORWARD("forward"),

    /** A copy; the packet itself goes on at once. */
    COPY("copy");

    private final String word;

    ServiceAction(String word) {
        this.word = word;
    }

    @Override
    public String word() {
        return word;
    }
}
