//! A server, the token for it, and where that may be sent.

use std::fmt;
use std::time::Duration;

use super::CannotPublish;
use crate::publish::retry::Patience;

/// Characters of a server's message that are told.
const LONGEST_MESSAGE: usize = 300;

/// A job's token. It can't be printed.
#[derive(Clone)]
pub struct Token(pub(super) String);

impl Token {
    /// A token: visible ASCII, with blanks around it taken off.
    ///
    /// # Errors
    /// When there is nothing in the text, or what can't stand in a header.
    pub fn new(text: &str) -> Result<Token, CannotPublish> {
        let text = text.trim();
        match text.bytes().all(|c| c.is_ascii_graphic()) {
            _ if text.is_empty() => Err(CannotPublish::NoToken),
            true => Ok(Token(text.to_owned())),
            false => Err(CannotPublish::InvalidToken),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// What a server said, to be told: without the token, should it have sent that back, and no longer than anybody reads.
    pub(super) fn cleanse(token: Option<&Token>, text: &mut String) {
        if let Some(Token(token)) = token {
            *text = text.replace(token, "***");
        }
        if let Some((end, _)) = text.char_indices().nth(LONGEST_MESSAGE) {
            text.truncate(end);
            text.push('…');
        }
    }
}

/// A server, and how patient to be with it.
#[derive(Debug, Clone)]
pub struct Server {
    pub(super) api: String,
    pub(super) graphql: String,
    pub(super) token: Option<Token>,
    /// When to ask again.
    pub patience: Patience,
    /// How long a reply may take.
    pub request_timeout: Duration,
    /// How long all may take.
    pub timeout: Duration,
}

impl Server {
    /// The server at `api`: `https://api.github.com`, or an Enterprise server's `https://HOST/api/v3`.
    ///
    /// # Errors
    /// When that is no address to send a token to.
    pub fn new(api: &str, graphql: Option<&str>, token: Option<Token>) -> Result<Server, CannotPublish> {
        let api = api.trim().trim_end_matches('/');
        check_address(api)?;
        let graphql = match (graphql.map(str::trim), api.strip_suffix("/api/v3")) {
            (Some(graphql), _) => graphql.to_owned(),
            (None, Some(enterprise)) => format!("{enterprise}/api/graphql"),
            (None, None) => format!("{api}/graphql"),
        };
        check_address(&graphql)?;
        Ok(Server {
            api: api.to_owned(),
            graphql,
            token,
            patience: Patience::default(),
            request_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(180),
        })
    }
}

/// A token goes nowhere unencrypted, except to this machine itself.
fn check_address(address: &str) -> Result<(), CannotPublish> {
    let no = |why| Err(CannotPublish::Address(why));
    let (rest, is_encrypted) = match (address.strip_prefix("https://"), address.strip_prefix("http://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => return no("it doesn't begin with https://"),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return no("it holds a name or password");
    }
    if !address.bytes().all(|c| c.is_ascii_graphic()) {
        return no("it holds blanks, control characters or letters that no address has");
    }
    if address.contains(['?', '#', '\\']) {
        return no("it holds more than a host and a folder");
    }
    let host = if authority.starts_with('[') {
        authority.split_inclusive(']').next().unwrap_or_default()
    } else {
        authority.split(':').next().unwrap_or_default()
    };
    match host {
        "" => no("it names no host"),
        "localhost" | "127.0.0.1" | "[::1]" => Ok(()),
        _ if is_encrypted => Ok(()),
        _ => no("a token is sent by https only"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed() {
        let token = Token::new(" ghs_secret\n").expect("there is one");
        let server = Server::new("https://api.github.com", None, Some(token)).expect("an address");
        assert!(!format!("{server:?}").contains("ghs_secret"));
        assert_eq!(Token::new(" \n").err(), Some(CannotPublish::NoToken));
    }

    #[test]
    fn a_token_is_cut_out_before_what_a_server_says_is_cut_off() {
        let token = Token::new("ghs_secret").expect("there is one");
        let mut text = "x".repeat(LONGEST_MESSAGE - 5) + "ghs_secret, ghs_secret";
        Token::cleanse(Some(&token), &mut text);
        assert!(text.ends_with("x***, …") && text.chars().count() == LONGEST_MESSAGE + 1, "{text}");
        let mut text = "ä".repeat(1_000);
        Token::cleanse(None, &mut text);
        assert_eq!(text, "ä".repeat(LONGEST_MESSAGE) + "…");
    }

    #[test]
    fn what_no_header_can_hold_is_no_token() {
        for text in ["ghs_a\nb", "ghs_a\r\nx: y", "ghs a", "ghs_a\u{0}", "ghs_a\u{7f}b", "ghs_\u{e9}", "a\tb"] {
            assert_eq!(Token::new(text).err(), Some(CannotPublish::InvalidToken), "{text:?}");
        }
        assert!(Token::new("github_pat_11AA~+/=.-:x").is_ok());
    }

    #[test]
    fn a_token_goes_only_where_it_is_safe() {
        for api in [
            "https://api.github.com",
            "https://ghes.example/api/v3/",
            "http://127.0.0.1:1",
            "http://[::1]:1/x",
            "http://localhost",
            " https://ghes.example/api/v3/ \n",
        ] {
            assert!(Server::new(api, None, None).is_ok(), "{api}");
        }
        for api in [
            "http://api.github.com",
            "ftp://x",
            "",
            "https://",
            "https://me:pw@host",
            "http://localhost.evil",
            "http://127.0.0.1@evil",
            "http://localhost?.evil",
            "http://localhost#.evil",
            "https://ghes.example/api/v3?x=",
            "https://ghes.example/api/v3#x",
            "https://ghes.example\\x",
            "https://ghes example",
            "https://ghes.example/a\nb",
            "https://ghés.example",
        ] {
            assert!(Server::new(api, None, None).is_err(), "{api}");
        }
        assert!(Server::new("https://a", Some("http://b/graphql"), None).is_err());
    }

    #[test]
    fn graphql_lies_elsewhere_on_enterprise_servers() {
        let graphql = |api| Server::new(api, None, None).expect("an address").graphql;
        assert_eq!(graphql("https://api.github.com"), "https://api.github.com/graphql");
        assert_eq!(graphql("https://ghes.example/api/v3/"), "https://ghes.example/api/graphql");
    }
}
