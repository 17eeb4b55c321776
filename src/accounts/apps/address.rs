//! Networks written as an address or as address/bits.

use std::net::IpAddr;

/// An address as bits, left-aligned, with how many there are. IPv4 in IPv6 clothes (`::ffff:1.2.3.4`) counts as IPv4.
fn bits(ip: IpAddr) -> (u128, u32) {
    match ip.to_canonical() {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    }
}

/// Network and its length in bits.
fn network(text: &str) -> Option<(u128, u32, u32)> {
    let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
    let (start, width) = bits(address.trim().parse().ok()?);
    let length = length.map_or(Some(width), |l| l.trim().parse().ok().filter(|l| *l <= width))?;
    Some((start, length, width))
}

/// Whether the text names an address or a network.
pub fn is_network(text: &str) -> bool {
    network(text).is_some()
}

/// Whether the address lies in one of the networks.
pub fn within(ip: IpAddr, networks: &[String]) -> bool {
    let (address, width) = bits(ip);
    networks.iter().filter_map(|n| network(n)).any(|(start, length, net_width)| {
        // Shifting by all 128 bits is not defined; a network of length 0 holds every address of its kind.
        width == net_width && (length == 0 || (address ^ start) >> (128 - length) == 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_in_networks() {
        for (ip, net, inside) in [
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.8", "203.0.113.7", false),
            ("203.0.113.8", "203.0.113.0/24", true),
            ("203.0.114.8", "203.0.113.0/24", false),
            ("10.1.2.3", "0.0.0.0/0", true),
            ("2001:db8::1", "0.0.0.0/0", false),
            ("2001:db8::1", "2001:db8::/32", true),
            ("2001:db9::1", "2001:db8::/32", false),
            ("2001:db8::1", "::/0", true),
            ("::ffff:203.0.113.7", "203.0.113.0/24", true),
        ] {
            assert_eq!(within(ip.parse().unwrap(), &[net.to_owned()]), inside, "{ip} in {net}");
        }
    }

    #[test]
    fn nonsense_is_no_network() {
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::1/129", "10.0.0.1/-1", "example.com", "10.0.0.1/"] {
            assert!(!is_network(text), "{text}");
        }
        assert!(is_network("10.0.0.0/8") && is_network("::1"));
    }
}
