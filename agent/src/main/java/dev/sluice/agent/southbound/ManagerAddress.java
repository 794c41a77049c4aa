package dev.sluice.agent.southbound;

/**
 * Where a manager is reached by agents.
 *
 * @param host name or address
 * @param port 1..65535
 */
public record ManagerAddress(String host, int port) {
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
