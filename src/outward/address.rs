//! Where a call may go, as arithmetic over addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a host may be called that has this address. `inside`: the platform has said that this host stands in its own network.
///
/// What is nobody's host (multicast, unspecified, reserved) and what belongs to the machine's own link, where clouds keep their
/// secrets (169.254.0.0/16, `fe80::/10`), is never called.
pub fn may_reach(ip: IpAddr, inside: bool) -> bool {
    match ip {
        IpAddr::V4(ip) => may_reach_v4(ip, inside),
        IpAddr::V6(ip) => match embedded(ip) {
            Some(ip) => may_reach_v4(ip, inside),
            None => may_reach_v6(ip, inside),
        },
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped (`::ffff:0:0/96`), NAT64 (`64:ff9b::/96`) or 6to4 (`2002::/16`).
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    match (a, b) {
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0xffff) => Some(v4(g, h)),
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => Some(v4(g, h)),
        (0x2002, _) => Some(v4(b, c)),
        _ => None,
    }
}

fn may_reach_v4(ip: Ipv4Addr, inside: bool) -> bool {
    let [a, b, c, _] = ip.octets();
    let nobodys = ip.is_unspecified() || a == 0 || ip.is_multicast() || ip.is_broadcast() || a >= 240 || ip.is_documentation();
    let own_link = ip.is_link_local();
    let private =
        ip.is_private() || ip.is_loopback() || (a == 100 && b & 0xc0 == 64) || (a, b, c) == (192, 0, 0) || (a == 198 && b & 0xfe == 18);
    !nobodys && !own_link && (inside || !private)
}

fn may_reach_v6(ip: Ipv6Addr, inside: bool) -> bool {
    let [first, ..] = ip.segments();
    let nobodys = ip.is_unspecified() || ip.is_multicast();
    let own_link = first & 0xffc0 == 0xfe80;
    let private = ip.is_loopback() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0;
    !nobodys && !own_link && (inside || !private)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaches(ip: &str, inside: bool) -> bool {
        may_reach(ip.parse().unwrap(), inside)
    }

    // security.md, outbound: no private ranges unless allowed.
    #[test]
    fn the_own_network_is_reached_only_where_allowed() {
        for ip in [
            "10.0.0.8",
            "172.16.3.1",
            "192.168.1.20",
            "127.0.0.1",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.8",
            "64:ff9b::a00:8",
            "2002:a00:8::1",
        ] {
            assert!(!reaches(ip, false), "{ip}");
            assert!(reaches(ip, true), "{ip}");
        }
    }

    #[test]
    fn some_addresses_are_never_called() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "fe80::1",
            "ff02::1",
            "::ffff:169.254.169.254",
        ] {
            assert!(!reaches(ip, false) && !reaches(ip, true), "{ip}");
        }
    }

    #[test]
    fn the_world_outside_is_reached() {
        for ip in ["8.8.8.8", "114.114.114.114", "2400:3200::1", "172.32.0.1", "100.128.0.1"] {
            assert!(reaches(ip, false), "{ip}");
        }
    }
}
